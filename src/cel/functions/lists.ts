// Table: Kubernetes' list library, sets, and optionals.

import { elements, product, productTwice } from '../cost/actual.ts'
import { CelError } from '../program.ts'
import { type CelFunction, global, member } from '../signature.ts'
import { durationOf } from '../time.ts'
import {
  type CelValue,
  compareValues,
  Duration,
  isEqual,
  isZero,
  Optional,
  Uint,
} from '../values.ts'
import { toInt64, toUint64 } from './operators.ts'

type List = readonly CelValue[]

const ordered = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const summed = ['int', 'uint', 'double', 'duration']

function isSorted(list: List): boolean {
  return list.every((item, at) => {
    const before = list[at - 1]
    return before === undefined || (compareValues(before, item) ?? 0) <= 0
  })
}

function extreme(list: List, sign: 1 | -1, name: string): CelValue {
  const [first, ...rest] = list
  if (first === undefined) throw new CelError(`${name} called on empty list`)
  return rest.reduce(
    (best, item) => ((compareValues(item, best) ?? 0) * sign > 0 ? item : best),
    first,
  )
}

const zeros: Readonly<Record<string, CelValue>> = {
  int: 0n,
  uint: new Uint(0n),
  double: 0,
  duration: new Duration(0n),
}

function sum(list: List, type: string): CelValue {
  return list.reduce(added, zeros[type] ?? 0n)
}

function added(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return toInt64(a + b)
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a instanceof Uint && b instanceof Uint) return toUint64(a.value + b.value)
  if (a instanceof Duration && b instanceof Duration) return durationOf(a.nanos + b.nanos)
  throw new CelError('no such overload')
}

const includes = (list: List, item: CelValue) => list.some((other) => isEqual(item, other))
const containsAll = (list: List, wanted: List) => wanted.every((item) => includes(list, item))

const lists: readonly CelFunction[] = [
  ...ordered.flatMap((type) => [
    member(`list<${type}>.isSorted(): bool`, isSorted, elements),
    member(`list<${type}>.min(): ${type}`, (list: List) => extreme(list, -1, 'min'), elements),
    member(`list<${type}>.max(): ${type}`, (list: List) => extreme(list, 1, 'max'), elements),
  ]),
  ...summed.map((type) =>
    member(`list<${type}>.sum(): ${type}`, (list: List) => sum(list, type), elements),
  ),
  member(
    'list<T>.indexOf(T): int',
    (list: List, item: CelValue) => BigInt(list.findIndex((other) => isEqual(item, other))),
    elements,
  ),
  member(
    'list<T>.lastIndexOf(T): int',
    (list: List, item: CelValue) => BigInt(list.findLastIndex((other) => isEqual(item, other))),
    elements,
  ),
]

const sets: readonly CelFunction[] = [
  global('sets.contains(list<T>, list<T>): bool', containsAll, product),
  global(
    'sets.equivalent(list<T>, list<T>): bool',
    (a: List, b: List) => containsAll(a, b) && containsAll(b, a),
    productTwice,
  ),
  global(
    'sets.intersects(list<T>, list<T>): bool',
    (a: List, b: List) => a.some((item) => includes(b, item)),
    product,
  ),
]

function heldValue({ value }: Optional): CelValue {
  if (value === undefined) throw new CelError('optional.none() dereference')
  return value
}

const optionals: readonly CelFunction[] = [
  global('optional.of(T): optional<T>', (value: CelValue) => new Optional(value)),
  global('optional.none(): optional<dyn>', () => Optional.none),
  global('optional.ofNonZeroValue(T): optional<T>', (value: CelValue) =>
    isZero(value) ? Optional.none : new Optional(value),
  ),
  member('optional<T>.hasValue(): bool', ({ value }: Optional) => value !== undefined),
  member('optional<T>.value(): T', heldValue),
  member('optional<T>.or(optional<T>): optional<T>', (a: Optional, b: Optional) =>
    a.value === undefined ? b : a,
  ),
  member('optional<T>.orValue(T): T', ({ value }: Optional, other: CelValue) =>
    value === undefined ? other : value,
  ),
]

export const listFunctions: readonly CelFunction[] = [...lists, ...sets, ...optionals]
