// Table: CEL's operators and standard functions, int64 and uint64 arithmetic included.

import { compared, joined, match, search, walk } from '../cost/actual.ts'
import { matchesPattern } from '../pattern.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member, sizeOf } from '../signature.ts'
import { durationOf, timestampOf } from '../time.ts'
import {
  type CelMap,
  type CelValue,
  compareValues,
  type Duration,
  isEqual,
  isList,
  KeyedList,
  Optional,
  type Timestamp,
  Uint,
} from '../values.ts'

const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n
const highestUint = 2n ** 64n - 1n

export function toInt64(value: bigint): bigint {
  if (value < lowest || value > highest) throw new CelError('integer overflow')
  return value
}

export function toUint64(value: bigint): Uint {
  if (value < 0n || value > highestUint) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

function nonZero(value: bigint, operation: string): bigint {
  if (value === 0n) throw new CelError(`${operation} by zero`)
  return value
}

const arithmetic: readonly CelFunction[] = [
  global('_+_(int, int): int', (a: bigint, b: bigint) => toInt64(a + b)),
  global('_+_(uint, uint): uint', (a: Uint, b: Uint) => toUint64(a.value + b.value)),
  global('_+_(double, double): double', (a: number, b: number) => a + b),
  global('_+_(string, string): string', (a: string, b: string) => a + b, joined),
  global('_+_(bytes, bytes): bytes', concatenated, joined),
  // cel-go keeps the two and asks for one unit; here the elements are copied.
  global('_+_(list<T>, list<T>): list<T>', concatenatedLists, joined),
  global('_+_(timestamp, duration): timestamp', (at: Timestamp, by: Duration) =>
    timestampOf(at.nanos + by.nanos),
  ),
  global('_+_(duration, timestamp): timestamp', (by: Duration, at: Timestamp) =>
    timestampOf(at.nanos + by.nanos),
  ),
  global('_+_(duration, duration): duration', (a: Duration, b: Duration) =>
    durationOf(a.nanos + b.nanos),
  ),
  global('_-_(int, int): int', (a: bigint, b: bigint) => toInt64(a - b)),
  global('_-_(uint, uint): uint', (a: Uint, b: Uint) => toUint64(a.value - b.value)),
  global('_-_(double, double): double', (a: number, b: number) => a - b),
  global('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) =>
    durationOf(a.nanos - b.nanos),
  ),
  global('_-_(timestamp, duration): timestamp', (at: Timestamp, by: Duration) =>
    timestampOf(at.nanos - by.nanos),
  ),
  global('_-_(duration, duration): duration', (a: Duration, b: Duration) =>
    durationOf(a.nanos - b.nanos),
  ),
  global('_*_(int, int): int', (a: bigint, b: bigint) => toInt64(a * b)),
  global('_*_(uint, uint): uint', (a: Uint, b: Uint) => toUint64(a.value * b.value)),
  global('_*_(double, double): double', (a: number, b: number) => a * b),
  global('_/_(int, int): int', (a: bigint, b: bigint) => toInt64(a / nonZero(b, 'division'))),
  global('_/_(uint, uint): uint', (a: Uint, b: Uint) =>
    toUint64(a.value / nonZero(b.value, 'division')),
  ),
  global('_/_(double, double): double', (a: number, b: number) => a / b),
  global('_%_(int, int): int', (a: bigint, b: bigint) => a % nonZero(b, 'modulus')),
  global('_%_(uint, uint): uint', (a: Uint, b: Uint) =>
    toUint64(a.value % nonZero(b.value, 'modulus')),
  ),
  global('-_(int): int', (a: bigint) => toInt64(-a)),
  global('-_(double): double', (a: number) => -a),
  global('-_(duration): duration', (a: Duration) => durationOf(-a.nanos)),
  global('!_(bool): bool', (a: boolean) => !a),
]

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([a, b]))
}

function concatenatedLists(a: readonly CelValue[], b: readonly CelValue[]): CelValue[] {
  return a instanceof KeyedList ? a.merged(b) : [...a, ...b]
}

const equality: readonly CelFunction[] = [
  global('_==_(T, T): bool', (a: CelValue, b: CelValue) => isEqual(a, b), compared),
  global('_!=_(T, T): bool', (a: CelValue, b: CelValue) => !isEqual(a, b), compared),
]

const orders: readonly (readonly [string, (order: number) => boolean])[] = [
  ['_<_', (order) => order < 0],
  ['_<=_', (order) => order <= 0],
  ['_>_', (order) => order > 0],
  ['_>=_', (order) => order >= 0],
]
const ordered = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const numbers = ['int', 'uint', 'double']

const comparisons = orders.flatMap(([name, decide]) => {
  const body = (a: CelValue, b: CelValue) => decide(compareValues(a, b) ?? Number.NaN)
  const mixed = numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => `${a}, ${b}`))
  const same = ordered.map((type) => `${type}, ${type}`)
  return [...same, ...mixed].map((types) => global(`${name}(${types}): bool`, body, compared))
})

const containers: readonly CelFunction[] = [
  global(
    '@in(T, list<T>): bool',
    (item: CelValue, list: readonly CelValue[]) => list.some((other) => isEqual(item, other)),
    ([, list]) => sizeOf(list),
  ),
  global('@in(K, map<K, V>): bool', (key: CelValue, map: CelMap) => map.get(key) !== undefined),
  global('_[_](list<T>, int): T', itemAt),
  global('_[_](list<T>, uint): T', itemAt),
  global('_[_](list<T>, double): T', itemAt),
  global('_[_](map<K, V>, K): V', entryAt),
  global('_[_](optional<T>, dyn): optional<dyn>', optionalAt),
  global('_[?_](dyn, dyn): optional<dyn>', optionalAt),
  ...['list<T>', 'map<K, V>', 'string', 'bytes'].flatMap((type) => [
    global(`size(${type}): int`, sizeFunction),
    member(`${type}.size(): int`, sizeFunction),
  ]),
]

function sizeFunction(value: CelValue): bigint {
  return BigInt(typeof value === 'string' ? [...value].length : sizeOf(value))
}

function indexOf(key: CelValue): number {
  const index = key instanceof Uint ? Number(key.value) : Number(key)
  if (!Number.isInteger(index)) throw new CelError(`unsupported index value: ${index}`)
  return index
}

function itemAt(list: readonly CelValue[], key: CelValue): CelValue {
  const index = indexOf(key)
  const item = list[index]
  if (item === undefined) throw new CelError(`index out of bounds: ${index}`)
  return item
}

function entryAt(map: CelMap, key: CelValue): CelValue {
  const value = map.get(key)
  if (value !== undefined) return value
  throw new CelError(`no such key: ${key instanceof Uint ? key.value : String(key)}`)
}

function optionalAt(value: CelValue, key: CelValue): Optional {
  const of = value instanceof Optional ? value.value : value
  if (of === undefined || of === null) return Optional.none
  if (isList(of)) return new Optional(of[indexOf(key)])
  if (typeof of === 'object' && 'keys' in of && !(of instanceof Uint8Array)) {
    return new Optional(of.get(key))
  }
  throw new CelError('no such overload')
}

const texts: readonly CelFunction[] = [
  member(
    'string.contains(string): bool',
    (text: string, part: string) => text.includes(part),
    search,
  ),
  member(
    'string.startsWith(string): bool',
    (text: string, part: string) => text.startsWith(part),
    walk,
  ),
  member(
    'string.endsWith(string): bool',
    (text: string, part: string) => text.endsWith(part),
    walk,
  ),
  member('string.matches(string): bool', matchesPattern, match),
  global('matches(string, string): bool', matchesPattern),
]

export const operators: readonly CelFunction[] = [
  ...arithmetic,
  ...equality,
  ...comparisons,
  ...containers,
  ...texts,
]
