// How a strategic merge patch changes lists: as sets of plain values, as maps by a merge key, or
// as a whole; and how the order of the patched list comes about.

import { type Draft, type DraftValue, isDraft, setOwn } from '../draft.ts'
import { badPatch, goText, unfitPatch } from './errors.ts'

type List = DraftValue[]

export interface ListMeta {
  /** Merged element by element; else replaced. */
  readonly isMerged: boolean
  readonly mergeKey: string | undefined
  /** The patch lists what to take out. */
  readonly isDeletion: boolean
  readonly mergeElement: (present: Draft, change: Draft) => Draft
}

export function mergeList(original: List, patch: List, meta: ListMeta): List {
  if (!meta.isMerged && !meta.isDeletion) return patch
  if (original.length === 0 && patch.length === 0) return original
  const isOfObjects = elementsAreObjects([...original, ...patch])
  if (isOfObjects) return mergeObjects(original.filter(isDraft), patch.filter(isDraft), meta)
  if (meta.isDeletion) return original.filter((value) => !patch.includes(value))
  const merged = [...new Set([...original, ...patch])]
  return ordered(merged, { wanted: patch, before: original, key: undefined })
}

/** All elements must be of one type, and lists of lists cannot be merged. */
function elementsAreObjects(elements: List): boolean {
  if (elements.some(Array.isArray)) throw unfitPatch()
  const types = new Set(elements.map((element) => (element === null ? 'null' : typeof element)))
  if (types.size > 1) {
    throw badPatch(`list element types are not identical: ${goText(elements)}`)
  }
  return types.has('object')
}

function mergeObjects(original: Draft[], patch: Draft[], meta: ListMeta): List {
  const { mergeKey } = meta
  if (mergeKey === undefined) throw badPatch('cannot merge lists without merge key for struct')
  const { base, changes } = withSpecialElements(original, patch, mergeKey)
  const merged = [...base]
  for (const change of changes) {
    const value = keyOf(change, mergeKey)
    const index = merged.findIndex((element) => element[mergeKey] === value)
    const present = merged[index]
    if (present) merged[index] = meta.mergeElement(present, change)
    else merged.push(change)
  }
  return ordered(merged, { wanted: changes, before: base, key: mergeKey })
}

/** Elements that say `$patch`: delete takes out their namesake, replace drops all there was. */
function withSpecialElements(original: Draft[], patch: Draft[], mergeKey: string) {
  const changes = patch.filter((element) => element['$patch'] === undefined)
  let base = original
  let isReplaced = false
  for (const element of patch) {
    const directive = element['$patch']
    if (directive === 'delete') {
      const value = keyOf(element, mergeKey)
      base = base.filter((present) => present[mergeKey] !== value)
    } else if (directive === 'replace') isReplaced = true
    else if (directive === 'merge') {
      throw badPatch('merging lists cannot yet be specified in the patch')
    } else if (directive !== undefined) {
      throw badPatch(`unknown patch type: ${goText(directive)} in map: ${goText(element)}`)
    }
  }
  return isReplaced ? { base: changes, changes: [] } : { base, changes }
}

function keyOf(element: Draft, mergeKey: string): DraftValue {
  const value = element[mergeKey]
  if (value !== undefined) return value
  throw badPatch(`map: ${goText(element)} does not contain declared merge key: ${mergeKey}`)
}

interface Order {
  /** The order of the elements that the patch knows. */
  readonly wanted: List
  /** The order of those that only the server knows, and of the two among each other. */
  readonly before: List
  readonly key: string | undefined
}

/** The patch's elements in its order, the server's in its own, interleaved as they were before. */
function ordered(merged: List, { wanted, before, key }: Order): List {
  const place = (list: List, value: DraftValue) =>
    list.findIndex((element) => identity(element, key) === identity(value, key))
  const isWanted = (value: DraftValue) => place(wanted, value) >= 0
  const byPlaceIn = (list: List) => (a: DraftValue, b: DraftValue) => {
    const left = place(list, a)
    const right = place(list, b)
    return left < 0 || right < 0 ? 0 : left - right
  }
  const known = merged.filter(isWanted).toSorted(byPlaceIn(wanted))
  const own = merged.filter((value) => !isWanted(value)).toSorted(byPlaceIn(before))
  return interleaved(own, known, (a, b) => {
    const left = place(before, a)
    const right = place(before, b)
    return left >= 0 && right >= 0 && left < right
  })
}

function identity(value: DraftValue, key: string | undefined): DraftValue | undefined {
  return key !== undefined && isDraft(value) ? value[key] : value
}

function interleaved(
  left: List,
  right: List,
  isBefore: (a: DraftValue, b: DraftValue) => boolean,
): List {
  const result: List = []
  const [lefts, rights] = [[...left], [...right]]
  while (lefts.length > 0 && rights.length > 0) {
    const [a = null] = lefts
    const [b = null] = rights
    result.push((isBefore(a, b) ? lefts.shift() : rights.shift()) ?? null)
  }
  return [...result, ...lefts, ...rights]
}

interface GivenOrder {
  readonly wanted: List
  readonly before: List
  readonly changes: List
  readonly meta: ListMeta
}

/** Puts a merged list into the order that `$setElementOrder` gives. */
export function inGivenOrder(merged: List, { wanted, before, changes, meta }: GivenOrder): List {
  const key = meta.mergeKey
  checkOrder(changes, wanted, key)
  if (key !== undefined) for (const element of merged.filter(isDraft)) keyOf(element, key)
  return ordered(merged, { wanted, before, key })
}

/** The patch's own elements must be in the order that it gives. */
function checkOrder(changes: List, wanted: List, key: string | undefined): void {
  if (changes.length === 0 || wanted.length === 0) return
  let next = 0
  const plain = changes.filter((element) => !(isDraft(element) && element['$patch'] !== undefined))
  for (const value of wanted) {
    const element = plain[next]
    if (element !== undefined && identity(element, key) === identity(value, key)) next++
  }
  if (next < plain.length) {
    throw badPatch(
      `The order in patch list:\n${goText(changes)}\n doesn't match $setElementOrder list:\n${goText(wanted)}\n`,
    )
  }
}

/** A value without the parts that are directives; undefined when it is one itself. */
export function withoutDirectives(value: DraftValue): DraftValue | undefined {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((element) => element !== undefined)
  }
  if (!isDraft(value)) return value
  if (value['$patch'] !== undefined) return undefined
  const kept: Draft = {}
  for (const [key, inner] of Object.entries(value)) {
    const clean = inner === undefined ? undefined : withoutDirectives(inner)
    if (clean !== undefined) setOwn(kept, key, clean)
  }
  return kept
}
