// Merges an applied configuration into an object, and takes places out of an object.

import { copyOf, type DraftValue, isDraft } from '../draft.ts'
import { below, type FieldSet, isEmptySet } from './field-set.ts'
import type { Shape } from './shape.ts'
import { actualShape, type Part, partsOf } from './walk.ts'

/** The configuration wins; lists take its order where it names elements. Nothing is shared. */
export function mergeValues(
  shape: Shape,
  live: DraftValue | undefined,
  config: DraftValue,
): DraftValue {
  const actual = actualShape(shape, config)
  const theirs = partsOf(actual, live)
  const ours = partsOf(actual, config)
  if (!ours || !theirs) return copyOf(config)
  if (actual.kind === 'set' || actual.kind === 'keyed') return mergeLists(theirs, ours)
  const merged: Record<string, DraftValue> = {}
  const wanted = new Map(ours.map((part) => [part.step, part]))
  for (const part of theirs) {
    const own = wanted.get(part.step)
    merged[nameOf(part)] = own ? mergeValues(own.shape, part.value, own.value) : copyOf(part.value)
    wanted.delete(part.step)
  }
  for (const part of wanted.values()) merged[nameOf(part)] = copyOf(part.value)
  return merged
}

function nameOf({ step }: Part): string {
  return step.slice(2)
}

/**
 * Shared elements come in the configuration's order; an element of one side alone stays where it
 * stood among its neighbours.
 */
function mergeLists(theirs: readonly Part[], ours: readonly Part[]): DraftValue[] {
  const live = new Map(theirs.map((part) => [part.step, part]))
  const config = new Map(ours.map((part) => [part.step, part]))
  const merged: DraftValue[] = []
  const done = new Set<string>()
  const take = (part: Part) => {
    done.add(part.step)
    merged.push(mergeValues(part.shape, live.get(part.step)?.value, part.value))
  }
  let next = 0
  for (const part of theirs) {
    if (!config.has(part.step)) {
      merged.push(copyOf(part.value))
      continue
    }
    if (done.has(part.step)) continue
    // Everything that the configuration puts before this element, and the element itself.
    for (let reached = false; next < ours.length && !reached; next++) {
      const own = ours[next]
      if (own && !done.has(own.step)) take(own)
      reached = own?.step === part.step
    }
  }
  for (const part of ours.slice(next)) if (!done.has(part.step)) take(part)
  return merged
}

/** The value without the places in `set`; parents that lose all they had stay, empty. */
export function removePlaces(shape: Shape, value: DraftValue, set: FieldSet): DraftValue {
  const parts = partsOf(shape, value)
  if (!parts || isEmptySet(set)) return value
  const kept = parts.flatMap((part) => {
    const inner = below(set, part.step)
    if (inner.isMember) return []
    return [{ ...part, value: removePlaces(part.shape, part.value, inner) }]
  })
  if (Array.isArray(value)) return kept.map((part) => part.value)
  if (!isDraft(value)) return value
  return Object.fromEntries(kept.map((part) => [nameOf(part), part.value]))
}
