// Values in the form that an OpenAPI v3 schema asks for, by chance. In: a schema. Out: JSON that is
// right in form, seldom in meaning.

import type { Dice } from './dice.ts'
import { hostileNumbers, hostileTexts } from './hostile.ts'

/** What of a schema is looked at. */
export interface Schema {
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
}

export type Schemas = Readonly<Record<string, Schema>>

export function resolved(schema: Schema, schemas: Schemas): Schema {
  const inner = schema.$ref ? schemas[schema.$ref.split('/').at(-1) ?? ''] : schema.allOf?.[0]
  return inner ? resolved(inner, schemas) : schema
}

const names = ['a', 'b', 'app', 'x.example.com/a', 'default', 'kube-system', 'things']

export function valueFor(schema: Schema, { schemas, dice, depth }: ValueOptions): unknown {
  const {
    type,
    format,
    enum: allowed,
    properties,
    additionalProperties,
    items,
    oneOf,
  } = resolved(schema, schemas)
  const inner = (of: Schema) => valueFor(of, { schemas, dice, depth: depth - 1 })
  if (allowed) return dice.pick(allowed)
  if (oneOf) return inner(dice.pick(oneOf))
  if (type === 'array') {
    const length = depth > 0 ? dice.below(3) : 0
    return Array.from({ length }, () => inner(items ?? {}))
  }
  if (type === 'boolean') return dice.once(2)
  if (type === 'integer' || type === 'number') {
    return dice.once(3) ? dice.below(10) : dice.pick(hostileNumbers)
  }
  if (type === 'string') return textFor(format, dice)
  if (depth <= 0) return {}
  const named = Object.entries(properties ?? {}).filter(() => dice.once(4))
  const value = Object.fromEntries(named.map(([name, of]) => [name, inner(of)]))
  if (typeof additionalProperties === 'object') {
    for (let i = dice.below(3); i > 0; i--) value[dice.pick(names)] = inner(additionalProperties)
  }
  return value
}

interface ValueOptions {
  readonly schemas: Schemas
  readonly dice: Dice
  readonly depth: number
}

function textFor(format: string | undefined, dice: Dice): string {
  if (dice.once(4)) return dice.pick(hostileTexts)
  if (format === 'date-time') return '2026-01-01T00:00:00Z'
  if (format === 'byte') return 'YQ=='
  return dice.pick(names)
}

/** One of the many properties of an object schema, and then perhaps of that one. */
export function pathInto(schema: Schema, { schemas, dice, depth }: ValueOptions): SchemaPlace {
  const path: string[] = []
  let at = resolved(schema, schemas)
  while (path.length < depth) {
    const properties = Object.entries(at.properties ?? {})
    if (properties.length === 0) break
    const [name, next] = dice.pick(properties)
    path.push(name)
    at = resolved(next, schemas)
    if (dice.once(4)) break
  }
  return { path, schema: at }
}

export interface SchemaPlace {
  readonly path: readonly string[]
  readonly schema: Schema
}
