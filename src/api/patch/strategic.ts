// Strategic merge patch: a merge patch that knows which lists are sets or maps, with directives
// ($patch, $retainKeys, $setElementOrder/F, $deleteFromPrimitiveList/F).
// Source of the rules: apimachinery's strategicpatch. In: an object, a patch, the object's
// definition. Out: a new object; neither of the two is changed.

import { copyOf, type Draft, type DraftValue, isDraft, ownOf, setOwn } from '../draft.ts'
import { definitionOf, type Field, fieldOf } from '../schema.ts'
import { badPatch, goText } from './errors.ts'
import { inGivenOrder, type ListMeta, mergeList, withoutDirectives } from './strategic-list.ts'

const patchDirective = '$patch'
const retainKeys = '$retainKeys'
const orderPrefix = '$setElementOrder/'
const deletePrefix = '$deleteFromPrimitiveList/'

/** Throws StatusError. */
export function applyStrategicPatch(object: Draft, patch: Draft, def: string): Draft {
  return mergeObject(copyOf(object), copyOf(patch), def)
}

/** Merges `patch` into `original`; both are ours to change. `def` is absent within plain maps. */
export function mergeObject(original: Draft, patch: Draft, def: string | undefined): Draft {
  const directive = patch[patchDirective]
  if (directive !== undefined) return directed(directive, patch)
  retainOnly(original, patch)
  mergeOrderedLists(original, patch, def)
  for (const [key, change] of Object.entries(patch)) {
    const isDeletion = key.startsWith(deletePrefix)
    const name = isDeletion ? key.slice(deletePrefix.length) : key
    const field = fieldNamed(def, name)
    mergeField(original, name, change ?? null, { field, isDeletion })
  }
  return original
}

function directed(directive: DraftValue, patch: Draft): Draft {
  if (directive === 'delete') return {}
  if (directive !== 'replace') {
    const problem = `unknown patch type: ${goText(directive)} in map: ${goText(patch)}`
    throw badPatch(problem)
  }
  delete patch[patchDirective]
  return patch
}

/** Of a union only the named members may stay. */
function retainOnly(original: Draft, patch: Draft): void {
  const list = patch[retainKeys]
  if (list === undefined) return
  delete patch[retainKeys]
  const isNamed = (key: string) => Array.isArray(list) && list.includes(key)
  const isFit = Object.entries(patch).every(
    ([key, value]) =>
      value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix) || isNamed(key),
  )
  if (!Array.isArray(list) || !isFit) throw badPatch('invalid patch format of retainKeys')
  for (const key of Object.keys(original)) if (!isNamed(key)) delete original[key]
}

interface Place {
  readonly field: Field | undefined
  /** The change lists what to take out of a list of plain values. */
  readonly isDeletion: boolean
}

function mergeField(original: Draft, name: string, change: DraftValue, place: Place): void {
  if (change === null) {
    delete original[name]
    return
  }
  const present = ownOf(original, name)
  if (present === undefined || present === null || !isSameType(present, change)) {
    if (!place.isDeletion) takeNew(original, name, change)
    return
  }
  if (Array.isArray(present) && Array.isArray(change)) {
    const meta = { ...listMeta(place.field), isDeletion: place.isDeletion }
    setOwn(original, name, mergeList(present, change, meta))
  } else if (isDraft(present) && isDraft(change)) {
    const isReplaced = strategiesOf(place.field).includes('replace')
    const merged = isReplaced ? change : mergeObject(present, change, elementDef(place.field))
    setOwn(original, name, merged)
  } else setOwn(original, name, change)
}

function isSameType(a: DraftValue, b: DraftValue): boolean {
  return Array.isArray(a) === Array.isArray(b) && typeof a === typeof b
}

/** What was not there before is taken as it is, without nulls and directives. */
function takeNew(original: Draft, name: string, change: DraftValue): void {
  const taken = withoutDirectives(withoutNulls(change))
  if (taken === undefined) delete original[name]
  else setOwn(original, name, taken)
}

function withoutNulls(value: DraftValue): DraftValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isDraft(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner ?? null)]))
}

function fieldNamed(def: string | undefined, name: string): Field | undefined {
  return def === undefined ? undefined : fieldOf(definitionOf(def), name)
}

/** Maps of plain values, and types with a form of their own, have no fields. */
function elementDef(field: Field | undefined): string | undefined {
  if (field?.ref === undefined || field.map) return undefined
  return definitionOf(field.ref).special ? undefined : field.ref
}

function strategiesOf(field: Field | undefined): readonly string[] {
  return field?.patchStrategy?.split(',') ?? []
}

function listMeta(field: Field | undefined): Omit<ListMeta, 'isDeletion'> {
  return {
    isMerged: strategiesOf(field).includes('merge'),
    mergeKey: field?.patchMergeKey,
    mergeElement: (present, change) => mergeObject(present, change, elementDef(field)),
  }
}

/** Lists whose order is given: merged here with their patch, then put in that order. */
function mergeOrderedLists(original: Draft, patch: Draft, def: string | undefined): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(orderPrefix)) continue
    const order = patch[key]
    const name = key.slice(orderPrefix.length)
    const change = ownOf(patch, name)
    delete patch[key]
    if (change === null) continue
    const present = ownOf(original, name) ?? undefined
    const meta = { ...listMeta(fieldNamed(def, name)), isDeletion: false }
    const merged = mergedInOrder({ order, present, change, meta })
    if (merged === undefined) continue
    setOwn(original, name, merged)
    delete patch[name]
  }
}

interface OrderedMerge {
  readonly order: DraftValue | undefined
  readonly present: DraftValue | undefined
  readonly change: DraftValue | undefined
  readonly meta: ListMeta
}

function mergedInOrder({ order, present, change, meta }: OrderedMerge): DraftValue[] | undefined {
  const before = listOr(present)
  const changes = listOr(change)
  const wanted = listOr(order)
  if (!wanted) throw badPatch('invalid patch format of setElementOrder list')
  if (!before && !changes) return undefined
  const merged =
    before && changes ? mergeList(before, changes, meta) : (before ?? taken(changes ?? []))
  return inGivenOrder(merged, { wanted, before: before ?? [], changes: changes ?? [], meta })
}

function taken(changes: DraftValue[]): DraftValue[] {
  const kept = withoutDirectives(changes)
  return Array.isArray(kept) ? kept : []
}

function listOr(value: DraftValue | undefined): DraftValue[] | undefined {
  if (value === undefined || Array.isArray(value)) return value
  throw badPatch(
    `expected a []interface {}, but received a ${isDraft(value) ? 'map[string]interface {}' : typeof value}`,
  )
}
