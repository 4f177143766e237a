// Pieces of cells that several formulas share.

import { isDraft } from '../draft.ts'
import {
  type LabelSelectorLike,
  labelSelectorText,
  rulesOfLabelSelector,
  SelectorError,
} from '../selector/label.ts'
import type { Value } from './expression.ts'

export const none = '<none>'
export const unset = '<unset>'
export const unknown = '<unknown>'

/** The first `most` of a list, and how many are left out. */
export function shortList(
  items: readonly string[],
  { most, empty, separator = ',', count = items.length }: ShortListOptions,
): string {
  if (items.length === 0) return empty
  const shown = items.slice(0, most).join(separator)
  return count > most ? `${shown} + ${count - most} more...` : shown
}

interface ShortListOptions {
  readonly most: number
  readonly empty: string
  readonly separator?: string
  /** How many there are, where that is not the length of the list. */
  readonly count?: number
}

/** k=v,k=v sorted by key. */
export function labelsText(labels: Value, empty = none): string {
  if (!isDraft(labels)) return empty
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
  return pairs.length === 0 ? empty : pairs.join(',')
}

export function selectorCell(selector: Value, empty: string, broken: string): string {
  if (!isDraft(selector)) return empty
  try {
    const rules = rulesOfLabelSelector(selector as LabelSelectorLike)
    return rules === 'nothing' ? empty : labelSelectorText(rules) || empty
  } catch (error) {
    if (error instanceof SelectorError) return broken
    throw error
  }
}

export function textOf(value: Value): string {
  return value === undefined || value === null ? '' : String(value)
}

export function isSet(value: Value): boolean {
  return value !== undefined && value !== null && value !== ''
}
