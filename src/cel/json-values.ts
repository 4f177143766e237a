// JSON seen as CEL values of the declared types, and back. Objects and maps are looked into only
// as far as an expression goes.

import { CelError } from './program.ts'
import { durationText, parseDuration, parseTimestamp, timestampText } from './time.ts'
import { type CelType, dyn, type ObjectType } from './types.ts'
import {
  CelMap,
  CelObject,
  type CelValue,
  Duration,
  isList,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from './values.ts'

type Json = Readonly<Record<string, unknown>>

/** Any binding: a CEL value stays as it is, anything else is JSON. */
export function toCel(value: unknown, type: CelType = dyn): CelValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean' || typeof value === 'bigint') return value
  if (typeof value === 'number') return numberOf(value, type)
  if (typeof value === 'string') return textOf(value, type)
  if (Array.isArray(value)) {
    const element = type.kind === 'list' ? type.element : dyn
    return value.map((item) => toCel(item, element))
  }
  if (isCelInstance(value)) return value
  // What is left of JSON are objects.
  const json = value as Json
  return type.kind === 'object' ? new JsonObject(json, type) : new JsonMap(json, type)
}

function isCelInstance(value: object): value is Exclude<CelValue & object, readonly CelValue[]> {
  return (
    value instanceof Uint ||
    value instanceof Uint8Array ||
    value instanceof Timestamp ||
    value instanceof Duration ||
    value instanceof Optional ||
    value instanceof TypeValue ||
    value instanceof Opaque ||
    value instanceof CelMap ||
    value instanceof CelObject
  )
}

function numberOf(value: number, { kind }: CelType): CelValue {
  if (kind === 'double' || !Number.isInteger(value)) return value
  return kind === 'uint' ? new Uint(BigInt(value)) : BigInt(value)
}

function textOf(value: string, { kind }: CelType): CelValue {
  if (kind === 'timestamp') return parseTimestamp(value)
  if (kind === 'duration') return parseDuration(value)
  if (kind === 'bytes') return Buffer.from(value, 'base64')
  return value
}

class JsonMap extends CelMap {
  readonly #json: Json
  readonly #value: CelType
  constructor(json: Json, type: CelType) {
    super()
    this.#json = json
    this.#value = type.kind === 'map' ? type.value : dyn
  }
  override get size(): number {
    return this.keys().length
  }
  override get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined
    const value = this.#json[key]
    return value === undefined ? undefined : toCel(value, this.#value)
  }
  override keys(): CelValue[] {
    return Object.keys(this.#json).filter((key) => this.#json[key] !== undefined)
  }
}

class JsonObject extends CelObject {
  readonly #json: Json
  constructor(json: Json, type: ObjectType) {
    super(type)
    this.#json = json
  }
  override get(field: string): CelValue | undefined {
    if (!Object.hasOwn(this.#json, field)) return undefined
    const value = this.#json[field]
    return value === undefined ? undefined : toCel(value, this.type.field(field))
  }
  override fields(): string[] {
    return Object.keys(this.#json).filter((field) => this.#json[field] !== undefined)
  }
}

/** The JSON that a value stands for. Throws CelError for values that have none. */
export function toJson(value: CelValue): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (isList(value)) return value.map(toJson)
  if (value instanceof CelMap) {
    return Object.fromEntries(value.keys().map((key) => [keyText(key), jsonAt(value.get(key))]))
  }
  if (value instanceof CelObject) {
    return Object.fromEntries(value.fields().map((field) => [field, jsonAt(value.get(field))]))
  }
  throw new CelError('type conversion error: no JSON form')
}

function jsonAt(value: CelValue | undefined): unknown {
  return value === undefined ? null : toJson(value)
}

function keyText(key: CelValue): string {
  return key instanceof Uint ? String(key.value) : String(key)
}
