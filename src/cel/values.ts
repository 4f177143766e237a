// The values of CEL. bool, string and null are JavaScript's own; int is a bigint, double a number,
// bytes a Uint8Array, a list an array; the rest are the classes below.

import { CelError } from './program.ts'
import type { ObjectType } from './types.ts'

export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | Opaque
  | CelMap
  | CelObject
  | readonly CelValue[]

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** Nanoseconds since 1970 in UTC. */
export class Timestamp {
  readonly nanos: bigint
  /** The zone in which it was written, which its text keeps: minutes east. */
  readonly offsetMinutes: number
  constructor(nanos: bigint, offsetMinutes = 0) {
    this.nanos = nanos
    this.offsetMinutes = offsetMinutes
  }
}

/** The year 1, Go's zero time. */
const zeroTime = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1_000_000n

export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

export class Optional {
  static readonly none = new Optional(undefined)
  readonly value: CelValue | undefined
  constructor(value: CelValue | undefined) {
    this.value = value
  }
}

/** What `type(x)` yields. */
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value of a library: its type's name, and what it holds. `id` decides equality. */
export class Opaque {
  readonly type: string
  readonly held: unknown
  readonly id: string
  constructor(type: string, held: unknown, id: string) {
    this.type = type
    this.held = held
    this.id = id
  }
}

export abstract class CelMap {
  abstract readonly size: number
  abstract get(key: CelValue): CelValue | undefined
  abstract keys(): CelValue[]
}

/** A value with named fields: a declared object, or one that an expression constructed. */
export abstract class CelObject {
  readonly type: ObjectType
  constructor(type: ObjectType) {
    this.type = type
  }
  /** Undefined where the field is not set. */
  abstract get(field: string): CelValue | undefined
  abstract fields(): string[]
}

/** Fields or entries that an expression wrote down, in that order. */
export class BuiltObject extends CelObject {
  readonly #values: ReadonlyMap<string, CelValue>
  constructor(type: ObjectType, values: ReadonlyMap<string, CelValue>) {
    super(type)
    this.#values = values
  }
  override get(field: string): CelValue | undefined {
    return this.#values.get(field)
  }
  override fields(): string[] {
    return [...this.#values.keys()]
  }
}

export class BuiltMap extends CelMap {
  readonly #entries = new Map<string, readonly [CelValue, CelValue]>()
  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super()
    for (const [key, value] of entries) {
      const id = keyId(key)
      if (id === undefined) throw new CelError('unsupported key type')
      if (this.#entries.has(id)) throw new CelError(`Failed with repeated key`)
      this.#entries.set(id, [key, value])
    }
  }
  override get size(): number {
    return this.#entries.size
  }
  override get(key: CelValue): CelValue | undefined {
    const id = keyId(key)
    return id === undefined ? undefined : this.#entries.get(id)?.[1]
  }
  override keys(): CelValue[] {
    return [...this.#entries.values()].map(([key]) => key)
  }
}

/** Keys that are equal have the same text: 1, 1u and 1.0 are one key. */
function keyId(key: CelValue): string | undefined {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (typeof key === 'bigint') return `n${key}`
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`
  return undefined
}

/** A list whose items are told apart by an identity, not by their place: a set, or a map by keys. */
export class KeyedList extends Array<CelValue> {
  static override get [Symbol.species]() {
    return Array
  }
  #idOf: (item: CelValue) => string = () => ''

  static keyed(items: readonly CelValue[], idOf: (item: CelValue) => string): KeyedList {
    const list = new KeyedList()
    for (const item of items) list.push(item)
    list.#idOf = idOf
    return list
  }

  /** In any order. */
  isSame(other: readonly CelValue[]): boolean {
    if (this.length !== other.length) return false
    const byId = new Map(this.map((item) => [this.#idOf(item), item]))
    return other.every((item) => {
      const own = byId.get(this.#idOf(item))
      return own !== undefined && isEqual(own, item)
    })
  }

  /** Items of `other` take the places of those with the same identity, the rest come last. */
  merged(other: readonly CelValue[]): KeyedList {
    const byId = new Map(this.map((item) => [this.#idOf(item), item]))
    for (const item of other) byId.set(this.#idOf(item), item)
    return KeyedList.keyed([...byId.values()], this.#idOf)
  }
}

export const isList = (value: CelValue | undefined): value is readonly CelValue[] =>
  Array.isArray(value)

/** The name that `type(x)` and `no such overload` use. */
export function typeName(value: CelValue): string {
  if (value === null) return 'null_type'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Optional) return 'optional_type'
  if (value instanceof TypeValue) return 'type'
  if (value instanceof Opaque) return value.type
  if (value instanceof CelMap) return 'map'
  if (value instanceof CelObject) return value.type.name
  return 'list'
}

/** Equality across types: values of types that cannot be compared are unequal. */
export function isEqual(a: CelValue, b: CelValue): boolean {
  if (a === b) return true
  const order = compareNumbers(a, b)
  if (order !== undefined) return order === 0
  if (a instanceof KeyedList) return isList(b) && a.isSame(b)
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at] ?? null))
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof Opaque) return b instanceof Opaque && a.type === b.type && a.id === b.id
  if (a instanceof Optional) return b instanceof Optional && isSameOptional(a, b)
  if (a instanceof CelMap) return b instanceof CelMap && isSameMap(a, b)
  if (a instanceof CelObject) return b instanceof CelObject && isSameObject(a, b)
  return false
}

function isSameOptional(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return isEqual(a.value, b.value)
}

function isSameMap(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false
  return a.keys().every((key) => {
    const left = a.get(key)
    const right = b.get(key)
    return left !== undefined && right !== undefined && isEqual(left, right)
  })
}

function isSameObject(a: CelObject, b: CelObject): boolean {
  const fields = a.fields()
  if (a.type.name !== b.type.name || fields.length !== b.fields().length) return false
  return fields.every((field) => {
    const left = a.get(field)
    const right = b.get(field)
    return left !== undefined && right !== undefined && isEqual(left, right)
  })
}

/** Negative, zero or positive; NaN for NaN; undefined where one is no number. */
export function compareNumbers(a: CelValue, b: CelValue): number | undefined {
  const left = a instanceof Uint ? a.value : a
  const right = b instanceof Uint ? b.value : b
  const areNumbers =
    (typeof left === 'bigint' || typeof left === 'number') &&
    (typeof right === 'bigint' || typeof right === 'number')
  if (!areNumbers) return undefined
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
  return left < right ? -1 : left > right ? 1 : 0
}

/** The order of two values of one type; undefined for types that have none. */
export function compareValues(a: CelValue, b: CelValue): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (
    (a instanceof Timestamp && b instanceof Timestamp) ||
    (a instanceof Duration && b instanceof Duration)
  ) {
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  }
  return compareNumbers(a, b)
}

/** By code point, which UTF-16 order is not. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** The empty value of its type: what optional.ofNonZeroValue leaves out. */
export function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Timestamp) return value.nanos === zeroTime
  if (value instanceof Uint8Array || isList(value)) return value.length === 0
  if (value instanceof CelMap) return value.size === 0
  if (value instanceof CelObject) return value.fields().length === 0
  return value instanceof Optional && value.value === undefined
}
