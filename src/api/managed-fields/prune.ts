// What an applier said last time and no longer says goes, unless somebody else owns it.

import type { DraftValue } from '../draft.ts'
import {
  difference,
  type FieldSet,
  intersection,
  isEmptySet,
  noFields,
  union,
} from './field-set.ts'
import type { Owners } from './managers.ts'
import { removePlaces } from './merge.ts'
import type { Shape } from './shape.ts'
import { fieldSetOf, withNamedFields } from './walk.ts'

export interface Pruning {
  readonly shape: Shape
  readonly merged: DraftValue
  /** What the applier owned before this apply. */
  readonly last: FieldSet
  /** All owners, the applier with what it claims now. */
  readonly owners: Owners
}

export function pruned({ shape, merged, last, owners }: Pruning): DraftValue {
  const claimed = [...owners.values()].reduce<FieldSet>(
    (sum, owned) => union(sum, owned.fields),
    noFields,
  )
  if (isEmptySet(difference(last, claimed))) return merged
  const named = (set: FieldSet) => withNamedFields(set, shape)
  const all = named(fieldSetOf(shape, merged))
  const given = named(last)
  const left = named(fieldSetOf(shape, removePlaces(shape, merged, given)))
  const kept = union(left, named(claimed))
  // Only what the applier itself owned may go: the rest is nobody's or an updater's.
  const gone = intersection(difference(all, kept), given)
  return removePlaces(shape, merged, gone)
}
