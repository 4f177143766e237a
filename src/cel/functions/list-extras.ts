// Table: cel-go's further list functions: parts of lists, their order, what is in them twice.

import { copying, counting, flattening, selfComparing, slicing } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import { type CelValue, compareValues, isEqual, isList, Optional, typeName } from '../values.ts'

type List = readonly CelValue[]

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']

function slice(list: List, start: bigint, end: bigint): CelValue[] {
  const what = `cannot slice(${start}, ${end}), `
  if (start < 0n || end < 0n) throw new CelError(`${what}negative indexes not supported`)
  if (start > end) {
    throw new CelError(`${what}start index must be less than or equal to end index`)
  }
  if (BigInt(list.length) < end) throw new CelError(`${what}list is length ${list.length}`)
  return list.slice(Number(start), Number(end))
}

function flatten(list: List, depth = 1n): CelValue[] {
  if (!isList(list)) throw new CelError('no such overload')
  if (depth < 0n) throw new CelError('level must be non-negative')
  return list.flatMap((item) => (isList(item) && depth > 0n ? flatten(item, depth - 1n) : [item]))
}

/** In the order of the keys, which stand for the elements one by one. */
function sortByKeys(list: List, keys: List): CelValue[] {
  const [first] = keys
  if (first === undefined) return [...list]
  const type = typeName(first)
  if (keys.some((key) => typeName(key) !== type)) {
    throw new CelError('list elements must have the same type')
  }
  const order = keys.map((key, index) => ({ key, index }))
  order.sort((a, b) => compareValues(a.key, b.key) ?? 0)
  return order.map(({ index }) => list[index] ?? null)
}

function distinct(list: List): CelValue[] {
  const found: CelValue[] = []
  for (const item of list) {
    if (!found.some((other) => isEqual(item, other))) found.push(item)
  }
  return found
}

function range(count: bigint): CelValue[] {
  return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index))
}

function unwrapped(list: List): CelValue[] {
  return list.flatMap((item) => {
    if (!(item instanceof Optional)) throw new CelError('no such overload')
    return item.value === undefined ? [] : [item.value]
  })
}

export const listExtras: readonly CelFunction[] = [
  member('list<T>.slice(int, int): list<T>', slice, slicing),
  {
    ...member('list<list<T>>.flatten(): list<T>', (list: List) => flatten(list), flattening),
    isUnguarded: true,
  },
  member('list<dyn>.flatten(int): list<dyn>', flatten, flattening),
  ...comparable.flatMap((type) => [
    member(
      `list<${type}>.sort(): list<${type}>`,
      (list: List) => sortByKeys(list, list),
      selfComparing,
    ),
    member(`list<T>.@sortByAssociatedKeys(list<${type}>): list<T>`, sortByKeys, ([, keys]: List) =>
      selfComparing([keys ?? null]),
    ),
  ]),
  global('lists.range(int): list<int>', range, counting),
  member('list<T>.reverse(): list<T>', (list: List) => list.toReversed(), copying),
  member('list<T>.distinct(): list<T>', distinct, selfComparing),
  member('list<T>.first(): optional<T>', (list: List) => new Optional(list[0])),
  member('list<T>.last(): optional<T>', (list: List) => new Optional(list.at(-1))),
  global('optional.unwrap(list<optional<T>>): list<T>', unwrapped),
  member('list<optional<T>>.unwrapOpt(): list<T>', unwrapped),
]
