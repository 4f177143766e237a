// What differs between two values of a shape, as sets of places. Most of two values is the same:
// places are named only where something differs.

import { type Draft, type DraftValue, isDraft, isSame } from '../draft.ts'
import { type FieldSet, noFields, placeOf } from './field-set.ts'
import type { KeyedShape, Shape } from './shape.ts'
import {
  actualShape,
  elementShape,
  elementStep,
  fieldShape,
  fieldStep,
  isList,
  keyStep,
  type ListShape,
  type MapLikeShape,
  ownValue,
} from './walk.ts'

export interface Comparison {
  /** Added or modified. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

type Value = DraftValue | undefined

/** Of two places that are not the same: what of it is in either set. */
interface Difference {
  readonly changed: FieldSet | undefined
  readonly removed: FieldSet | undefined
}

const isChanged: Difference = { changed: noFields, removed: undefined }

export function compare(shape: Shape, before: DraftValue, after: DraftValue): Comparison {
  const { changed, removed } = differenceOf(shape, before, after) ?? {}
  return { changed: changed ?? noFields, removed: removed ?? noFields }
}

function differenceOf(shape: Shape, before: Value, after: Value): Difference | undefined {
  if (before === undefined) {
    return after === undefined ? undefined : { changed: allOf(shape, after), removed: undefined }
  }
  if (after === undefined) return { changed: undefined, removed: allOf(shape, before) }
  const actual = actualShape(shape, after ?? before)
  if (actual.kind === 'whole' || (isBare(before) && isBare(after))) {
    return isSame(before, after) ? undefined : isChanged
  }
  if (isList(actual)) {
    return listDifference(actual, listOf(before), listOf(after))
  }
  return fieldsDifference(actual, fieldsOf(before), fieldsOf(after))
}

/** Values of another type than their shape have no parts. */
function listOf(value: DraftValue): readonly DraftValue[] {
  return Array.isArray(value) ? value : []
}

function fieldsOf(value: DraftValue): Draft {
  return isDraft(value) ? value : {}
}

/** Scalars, empty lists and empty maps have no parts to compare. */
function isBare(value: DraftValue): boolean {
  if (typeof value !== 'object' || value === null) return true
  for (const _ in value) return false
  return true
}

/** Differences of parts become that of the whole. */
class Differences {
  readonly #changed = { steps: [] as string[], places: [] as FieldSet[] }
  readonly #removed = { steps: [] as string[], places: [] as FieldSet[] }

  add(step: string, { changed, removed }: Difference): void {
    if (changed) {
      this.#changed.steps.push(step)
      this.#changed.places.push(changed)
    }
    if (removed) {
      this.#removed.steps.push(step)
      this.#removed.places.push(removed)
    }
  }

  whole(): Difference {
    const place = ({ steps, places }: { steps: string[]; places: FieldSet[] }) =>
      steps.length > 0 ? placeOf(steps, places, { isMember: false }) : undefined
    return { changed: place(this.#changed), removed: place(this.#removed) }
  }
}

function fieldsDifference(
  shape: MapLikeShape,
  before: Draft,
  after: Draft,
): Difference | undefined {
  let found: Differences | undefined
  for (const name in before) {
    if (before[name] === undefined) continue
    const inner = differenceOf(fieldShape(shape, name), before[name], ownValue(after, name))
    if (inner) (found ??= new Differences()).add(fieldStep(shape, name), inner)
  }
  for (const name in after) {
    if (after[name] === undefined || ownValue(before, name) !== undefined) continue
    const inner = differenceOf(fieldShape(shape, name), undefined, after[name])
    if (inner) (found ??= new Differences()).add(fieldStep(shape, name), inner)
  }
  return found?.whole()
}

type List = readonly DraftValue[]

function listDifference(shape: ListShape, before: List, after: List): Difference | undefined {
  return standsAsBefore(shape, before, after)
    ? sameOrderDifference(shape, before, after)
    : byStepDifference(shape, before, after)
}

/** Whether at each position stands the same element, changed or not. */
function standsAsBefore(shape: ListShape, before: List, after: List): boolean {
  if (before.length !== after.length) return false
  return after.every((element, index) =>
    shape.kind === 'set'
      ? element === before[index]
      : hasSameKeys(shape, before[index] ?? null, element),
  )
}

function hasSameKeys({ keys, defaults }: KeyedShape, before: DraftValue, after: DraftValue) {
  if (!isDraft(before) || !isDraft(after)) return false
  let isKeyed = false
  for (const key of keys) {
    const value = after[key] ?? defaults[key]
    if (value !== (before[key] ?? defaults[key])) return false
    if (value !== undefined && value !== null) isKeyed = true
  }
  return isKeyed
}

function sameOrderDifference(shape: ListShape, before: List, after: List): Difference | undefined {
  if (shape.kind === 'set') return undefined
  const inner = shape.element()
  let found: Differences | undefined
  let steps: readonly string[] | undefined
  for (let index = 0; index < after.length; index++) {
    const difference = differenceOf(inner, before[index], after[index])
    if (!difference) continue
    steps ??= after.map((element) => keyStep(shape, element))
    const step = steps[index] ?? ''
    // Of repeated elements the first counts.
    if (steps.indexOf(step) === index) (found ??= new Differences()).add(step, difference)
  }
  return found?.whole()
}

function byStepDifference(shape: ListShape, before: List, after: List): Difference | undefined {
  const [left, right] = [byStep(shape, before), byStep(shape, after)]
  const inner = elementShape(shape)
  let found: Differences | undefined
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const difference = differenceOf(inner, left.get(step), right.get(step))
    if (difference) (found ??= new Differences()).add(step, difference)
  }
  return found?.whole()
}

function byStep(shape: ListShape, list: List): ReadonlyMap<string, DraftValue> {
  const map = new Map<string, DraftValue>()
  for (const element of list) {
    const step = elementStep(shape, element)
    if (!map.has(step)) map.set(step, element)
  }
  return map
}

/** A place that is there on one side alone, with all that is below it. */
function allOf(shape: Shape, value: DraftValue): FieldSet {
  const actual = actualShape(shape, value)
  if (actual.kind === 'whole' || isBare(value)) return {}
  if (isList(actual)) {
    const inner = elementShape(actual)
    const elements = byStep(actual, listOf(value))
    const places = [...elements.values()].map((element) => allOf(inner, element))
    return placeOf([...elements.keys()], places, { isMember: true })
  }
  const steps: string[] = []
  const places: FieldSet[] = []
  const fields = fieldsOf(value)
  for (const name in fields) {
    const part = fields[name]
    if (part === undefined) continue
    steps.push(fieldStep(actual, name))
    places.push(allOf(fieldShape(actual, name), part))
  }
  return placeOf(steps, places, { isMember: true })
}
