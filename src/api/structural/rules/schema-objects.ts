// Objects and maps of custom resources as CEL sees them: looked into only as far as a rule goes.

import { CelError } from '../../../cel/program.ts'
import type { ObjectType } from '../../../cel/types.ts'
import { CelMap, CelObject, type CelValue, Opaque } from '../../../cel/values.ts'
import { type Draft, isDraft } from '../../draft.ts'
import { escapeName, unescapeName } from './escape.ts'
import type { ToCel } from './schema-type.ts'

const notMap = 'invalid data, expected a map for the provided schema with type=object'
const noNull = 'invalid data, got null for schema with nullable=false'

function objectOf(json: unknown): Draft {
  if (isDraft(json)) return json
  throw new CelError(json === null ? noNull : notMap)
}

/** `parts` by the properties' own names. */
export function objectValue(type: ObjectType, parts: ReadonlyMap<string, ToCel>): ToCel {
  return (json) => new SchemaObject(type, objectOf(json), parts)
}

export function mapValue(element: ToCel): ToCel {
  return (json) => new SchemaMap(objectOf(json), element)
}

class SchemaObject extends CelObject {
  readonly #json: Draft
  readonly #parts: ReadonlyMap<string, ToCel>

  constructor(type: ObjectType, json: Draft, parts: ReadonlyMap<string, ToCel>) {
    super(type)
    this.#json = json
    this.#parts = parts
  }

  /** Null and absent are one. */
  override get(field: string): CelValue | undefined {
    const key = unescapeName(field) ?? field
    if (!Object.hasOwn(this.#json, key)) return undefined
    const json = this.#json[key]
    if (json === undefined || json === null) return undefined
    return this.#parts.get(key)?.(json) ?? unknownValue(json)
  }

  override fields(): string[] {
    return Object.keys(this.#json)
      .filter((key) => this.#json[key] !== undefined && this.#json[key] !== null)
      .map((key) => escapeName(key) ?? key)
  }
}

/** What a schema preserves without knowing it can be compared as part of an object, no more. */
function unknownValue(json: unknown): Opaque {
  return new Opaque('unknown', json, JSON.stringify(json))
}

class SchemaMap extends CelMap {
  readonly #json: Draft
  readonly #element: ToCel

  constructor(json: Draft, element: ToCel) {
    super()
    this.#json = json
    this.#element = element
  }

  override get size(): number {
    return this.keys().length
  }

  override get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined
    const json = this.#json[key]
    return json === undefined ? undefined : this.#element(json)
  }

  override keys(): CelValue[] {
    return Object.keys(this.#json).filter((key) => this.#json[key] !== undefined)
  }
}
