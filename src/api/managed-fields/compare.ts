// What differs between two values of a shape, as sets of places.

import { type DraftValue, isDraft, isSame } from '../draft.ts'
import { type FieldSet, type GrowingSet, growingSet, insert } from './field-set.ts'
import type { Shape } from './shape.ts'
import { actualShape, type Part, partsOf } from './walk.ts'

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

interface Growing {
  readonly added: GrowingSet
  readonly modified: GrowingSet
  readonly removed: GrowingSet
}

type Value = DraftValue | undefined

export function compare(shape: Shape, before: DraftValue, after: DraftValue): Comparison {
  const comparison = { added: growingSet(), modified: growingSet(), removed: growingSet() }
  compareInner({ shape, before, after, steps: [] }, comparison)
  return comparison
}

interface Pair {
  readonly shape: Shape
  readonly before: Value
  readonly after: Value
  readonly steps: readonly string[]
}

function compareInner(pair: Pair, comparison: Growing): void {
  const { shape, before, after, steps } = pair
  const isWhole = actualShape(shape, after ?? before).kind === 'whole'
  if (isWhole || (isBare(before) && isBare(after))) {
    compareWhole(pair, comparison)
    return
  }
  compareParts(pair, comparison)
  if (before === undefined) insert(comparison.added, steps)
  else if (after === undefined) insert(comparison.removed, steps)
}

function compareWhole({ before, after, steps }: Pair, comparison: Growing): void {
  if (before === undefined) insert(comparison.added, steps)
  else if (after === undefined) insert(comparison.removed, steps)
  else if (!isSame(before, after)) insert(comparison.modified, steps)
}

/** Empty lists and maps have no parts to compare. */
function isBare(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 0
  return isDraft(value) ? Object.keys(value).length === 0 : true
}

function compareParts({ shape, before, after, steps }: Pair, comparison: Growing): void {
  const left = byStep(partsOf(shape, before))
  const right = byStep(partsOf(shape, after))
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(step), right.get(step)]
    const inner = (b ?? a)?.shape
    if (!inner) continue
    const pair = { shape: inner, before: a?.value, after: b?.value, steps: [...steps, step] }
    compareInner(pair, comparison)
  }
}

/** Of repeated elements the first counts. */
function byStep(parts: readonly Part[] | undefined): ReadonlyMap<string, Part> {
  const map = new Map<string, Part>()
  for (const part of parts ?? []) if (!map.has(part.step)) map.set(part.step, part)
  return map
}
