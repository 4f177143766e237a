// Codec: an OpenAPI v2 document in gnostic's protobuf form (openapi.v2.Document), which kubectl and
// Helm ask for. Each table maps a JSON key to its field number and form; keys that begin with x- go
// into the message's vendor extensions as YAML text, of which JSON is a part.

import type { OpenApiObject } from './schemas.ts'

type Encode = (value: unknown) => Uint8Array
interface Field {
  readonly number: number
  readonly encode: Encode
  /** A list becomes one field for each of its items. */
  readonly repeated?: boolean
}
interface Message {
  readonly fields: Readonly<Record<string, Field>>
  /** Field number of the vendor extensions. */
  readonly extensions?: number
}

const text = Buffer.from

/** Field with wire type 2: key, length, bytes. */
function lengthDelimited(number: number, bytes: Uint8Array): readonly Uint8Array[] {
  return [varint(number * 8 + 2), varint(bytes.length), bytes]
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

const string: Encode = (value) => text(String(value))
/** Any { yaml = 2 } */
const any: Encode = (value) => Buffer.concat(lengthDelimited(2, text(`${JSON.stringify(value)}\n`)))

/** A message around one field: the oneofs and wrappers of the format. */
function wrapped(number: number, inner: Encode): Encode {
  return (value) => Buffer.concat(lengthDelimited(number, inner(value)))
}

/** A map: one Named { name = 1, value = 2 } for each entry, all under the same number. */
function namedMap(number: number, inner: Encode): Encode {
  return (value) =>
    Buffer.concat(
      Object.entries(value as object).flatMap(([name, entry]) =>
        lengthDelimited(number, named(name, inner(entry))),
      ),
    )
}

function named(name: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([...lengthDelimited(1, text(name)), ...lengthDelimited(2, value)])
}

function message(table: () => Message): Encode {
  return (value) => {
    const { fields, extensions } = table()
    const parts: Uint8Array[] = []
    for (const [key, inner] of Object.entries(value as OpenApiObject)) {
      const field = fields[key]
      if (!field && key.startsWith('x-') && extensions !== undefined)
        parts.push(...lengthDelimited(extensions, named(key, any(inner))))
      // Booleans and integers are varints; false and 0 are absent, as proto3 has it.
      else if (field && inner === true) parts.push(varint(field.number * 8), varint(1))
      else if (field && inner !== false)
        for (const item of field.repeated ? (inner as unknown[]) : [inner])
          parts.push(...lengthDelimited(field.number, field.encode(item)))
    }
    return Buffer.concat(parts)
  }
}

const one = (number: number, encode: Encode = string): Field => ({ number, encode })
const many = (number: number, encode: Encode = string): Field => ({
  number,
  encode,
  repeated: true,
})

const schema: Encode = message(() => ({
  extensions: 31,
  fields: {
    $ref: one(1),
    format: one(2),
    title: one(3),
    description: one(4),
    default: one(5, any),
    pattern: one(13),
    required: many(19),
    enum: many(20, any),
    additionalProperties: one(21, wrapped(1, schema)),
    type: one(22, wrapped(1, string)),
    items: one(23, wrapped(1, schema)),
    allOf: many(24, schema),
    properties: one(25, namedMap(1, schema)),
  },
}))

const bodyParameter = message(() => ({
  extensions: 6,
  fields: {
    description: one(1),
    name: one(2),
    in: one(3),
    required: one(4),
    schema: one(5, schema),
  },
}))

const queryParameter = message(() => ({
  extensions: 23,
  fields: {
    required: one(1),
    in: one(2),
    description: one(3),
    name: one(4),
    type: one(6),
    format: one(7),
    uniqueItems: one(20),
  },
}))

const pathParameter = message(() => ({
  extensions: 22,
  fields: {
    required: one(1),
    in: one(2),
    description: one(3),
    name: one(4),
    type: one(5),
    format: one(6),
    uniqueItems: one(19),
  },
}))

/** ParametersItem { parameter = 1 }, Parameter { body = 1, nonBody = 2 }, NonBody { query = 3, path = 4 } */
const parameter: Encode = (value) => {
  const place = (value as OpenApiObject)['in']
  if (place === 'body') return wrapped(1, wrapped(1, bodyParameter))(value)
  const inner = place === 'path' ? wrapped(4, pathParameter) : wrapped(3, queryParameter)
  return wrapped(1, wrapped(2, inner))(value)
}

const response = message(() => ({
  extensions: 5,
  fields: { description: one(1), schema: one(2, wrapped(1, schema)) },
}))

const operation = message(() => ({
  extensions: 13,
  fields: {
    tags: many(1),
    summary: one(2),
    description: one(3),
    operationId: one(5),
    produces: many(6),
    consumes: many(7),
    parameters: many(8, parameter),
    responses: one(9, namedMap(1, wrapped(1, response))),
    schemes: many(10),
  },
}))

const pathItem = message(() => ({
  extensions: 10,
  fields: {
    get: one(2, operation),
    put: one(3, operation),
    post: one(4, operation),
    delete: one(5, operation),
    options: one(6, operation),
    head: one(7, operation),
    patch: one(8, operation),
    parameters: many(9, parameter),
  },
}))

/** SecurityDefinitionsItem { apiKey = 2 } */
const apiKey = message(() => ({
  fields: { type: one(1), name: one(2), in: one(3), description: one(4) },
}))

const document = message(() => ({
  extensions: 16,
  fields: {
    swagger: one(1),
    info: one(
      2,
      message(() => ({ fields: { title: one(1), version: one(2) } })),
    ),
    paths: one(8, namedMap(2, pathItem)),
    definitions: one(9, namedMap(1, schema)),
    security: many(
      12,
      namedMap(1, () => new Uint8Array()),
    ),
    securityDefinitions: one(13, namedMap(1, wrapped(2, apiKey))),
  },
}))

export function encodeOpenApiV2(value: OpenApiObject): Uint8Array {
  return document(value)
}
