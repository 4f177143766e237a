// Merges an applied configuration into an object, and takes places out of an object.

import { copyOf, type Draft, type DraftValue, isDraft, setOwn } from '../draft.ts'
import { type FieldSet, isEmptySet, isMember } from './field-set.ts'
import type { Shape } from './shape.ts'
import {
  actualShape,
  elementShape,
  elementStep,
  fieldShape,
  fieldStep,
  isList,
  type ListShape,
  type MapLikeShape,
  ownValue,
} from './walk.ts'

/** The configuration wins; lists take its order where it names elements. Nothing is shared. */
export function mergeValues(
  shape: Shape,
  live: DraftValue | undefined,
  config: DraftValue,
): DraftValue {
  const actual = actualShape(shape, config)
  if (actual.kind === 'whole') return copyOf(config)
  if (isList(actual)) {
    const areLists = Array.isArray(live) && Array.isArray(config)
    return areLists ? mergeLists(actual, live, config) : copyOf(config)
  }
  return isDraft(live) && isDraft(config) ? mergeFields(actual, live, config) : copyOf(config)
}

function mergeFields(shape: MapLikeShape, live: Draft, config: Draft): Draft {
  const merged: Draft = {}
  for (const name in live) {
    const present = live[name]
    if (present === undefined) continue
    const inner = fieldShape(shape, name)
    const own = ownValue(config, name)
    setOwn(merged, name, own === undefined ? copyOf(present) : mergeValues(inner, present, own))
  }
  for (const name in config) {
    const own = config[name]
    if (own === undefined || ownValue(live, name) !== undefined) continue
    fieldStep(shape, name)
    setOwn(merged, name, copyOf(own))
  }
  return merged
}

interface Element {
  readonly step: string
  readonly value: DraftValue
}

/**
 * Shared elements come in the configuration's order; an element of one side alone stays where it
 * stood among its neighbours.
 */
function mergeLists(
  shape: ListShape,
  theirValues: readonly DraftValue[],
  ourValues: readonly DraftValue[],
): DraftValue[] {
  const withStep = (value: DraftValue): Element => ({ step: elementStep(shape, value), value })
  const theirs = theirValues.map(withStep)
  const ours = ourValues.map(withStep)
  const inner = elementShape(shape)
  const live = new Map(theirs.map(({ step, value }) => [step, value]))
  const config = new Set(ours.map(({ step }) => step))
  const merged: DraftValue[] = []
  const done = new Set<string>()
  const take = ({ step, value }: Element) => {
    done.add(step)
    merged.push(mergeValues(inner, live.get(step), value))
  }
  let next = 0
  for (const { step, value } of theirs) {
    if (!config.has(step)) {
      merged.push(copyOf(value))
      continue
    }
    if (done.has(step)) continue
    // Everything that the configuration puts before this element, and the element itself.
    for (let reached = false; next < ours.length && !reached; next++) {
      const own = ours[next]
      if (own && !done.has(own.step)) take(own)
      reached = own?.step === step
    }
  }
  for (const own of ours.slice(next)) if (!done.has(own.step)) take(own)
  return merged
}

/** The value without the places in `set`; parents that lose all they had stay, empty. */
export function removePlaces(shape: Shape, value: DraftValue, set: FieldSet): DraftValue {
  if (isEmptySet(set)) return value
  const actual = actualShape(shape, value)
  if (actual.kind === 'whole') return value
  if (isList(actual)) return Array.isArray(value) ? removeElements(actual, value, set) : value
  return isDraft(value) ? removeFields(actual, value, set) : value
}

function removeFields(shape: MapLikeShape, value: Draft, set: FieldSet): Draft {
  const kept: Draft = {}
  for (const name in value) {
    const part = value[name]
    if (part === undefined) continue
    const place = set[fieldStep(shape, name)]
    if (!place) setOwn(kept, name, part)
    else if (!isMember(place)) {
      setOwn(kept, name, removePlaces(fieldShape(shape, name), part, place))
    }
  }
  return kept
}

function removeElements(
  shape: ListShape,
  value: readonly DraftValue[],
  set: FieldSet,
): DraftValue[] {
  const inner = elementShape(shape)
  return value.flatMap((element) => {
    const place = set[elementStep(shape, element)]
    if (!place) return [element]
    return isMember(place) ? [] : [removePlaces(inner, element, place)]
  })
}
