import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { goRegExp, PatternError } from '../../lib/go-regexp.ts'
import { copyOf, type Draft } from '../draft.ts'
import { errorBody } from '../field-error.ts'
import { compileSchema } from './compiled-schema.ts'
import { textFormat } from './formats.ts'
import { compileJsonPath } from './json-path.ts'
import type { Schema } from './schema.ts'
import { structuralErrors } from './structural-errors.ts'
import { compileValidator } from './validator.ts'

const compiled = (schema: Schema) => compileSchema(schema, { preservesUnknown: false })

function told(schema: Schema, value: unknown, previous?: unknown): string[] {
  const validator = compileValidator(schema)
  const errors =
    previous === undefined ? validator.errors(value) : validator.updateErrors(value, previous)
  return errors.map((error) => `${error.field}: ${errorBody(error)}`)
}

function shaped(
  schema: Schema,
  object: Draft,
): { readonly object: Draft; readonly unknown: readonly string[] } {
  const { unknown } = compiled(schema).shape(object, { isLenient: false })
  return { object, unknown }
}

const spec = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties } },
})

test('unknown fields go, and each is named once by its place', () => {
  const schema = spec({
    known: { type: 'string' },
    list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    loose: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { strict: { type: 'object', properties: { a: { type: 'string' } } } },
    },
  })
  const { object, unknown } = shaped(schema, {
    apiVersion: 'v1',
    kind: 'K',
    metadata: { name: 'n', odd: 1 },
    top: 1,
    spec: {
      known: 'x',
      constructor: 'y',
      list: [{ a: '1', b: '2' }],
      map: { anything: 'z' },
      loose: { free: { any: 1 }, strict: { a: '1', b: '2' } },
    },
  })
  assert.deepEqual(unknown, [
    'metadata.odd',
    'spec.constructor',
    'spec.list[0].b',
    'spec.loose.strict.b',
    'top',
  ])
  assert.deepEqual(object['spec'], {
    known: 'x',
    list: [{ a: '1' }],
    map: { anything: 'z' },
    loose: { free: { any: 1 }, strict: { a: '1' } },
  })
})

test('nulls go unless they may be or have a default, which then takes their place', () => {
  const schema = spec({
    plain: { type: 'string' },
    nullable: { type: 'string', nullable: true },
    defaulted: { type: 'string', default: 'd' },
    both: { type: 'string', nullable: true, default: 'd' },
    deep: { type: 'object', default: {}, properties: { x: { type: 'integer', default: 7 } } },
  })
  const object: Draft = {
    spec: { plain: null, nullable: null, defaulted: null, both: null },
  }
  const { shape, applyDefaults } = compiled(schema)
  shape(object, { isLenient: false })
  applyDefaults(object)
  assert.deepEqual(object['spec'], {
    nullable: null,
    defaulted: 'd',
    both: null,
    deep: { x: 7 },
  })
})

test('types, lengths, formats and ranges are judged in upstream words', () => {
  const schema = spec({
    text: { type: 'string', minLength: 2, maxLength: 3 },
    count: { type: 'integer', exclusiveMaximum: true, maximum: 5, multipleOf: 2 },
    small: { type: 'integer', format: 'int32' },
    date: { type: 'string', format: 'date' },
    list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'boolean' } },
    map: { type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } },
  })
  assert.deepEqual(
    told(schema, {
      spec: {
        text: 'abcd',
        count: 5,
        small: 2 ** 40,
        date: '2024-02-30',
        list: [true, 'x', null],
        map: { a: 'b', c: 1 },
      },
    }),
    [
      'spec.text: Too long: may not be more than 3 bytes',
      'spec.count: Invalid value: 5: spec.count in body should be a multiple of 2',
      'spec.count: Invalid value: 5: spec.count in body should be less than 5',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.small',
      'spec.date: Invalid value: "2024-02-30": spec.date in body must be of type date: "2024-02-30"',
      'spec.list[1]: Invalid value: "string": spec.list[1] in body must be of type boolean: "string"',
      'spec.list[2]: Invalid value: "null": spec.list[2] in body must be of type boolean: "null"',
      'spec.list: Too many: 3: must have at most 2 items',
      'spec.map: Too many: 2: must have at most 1 item',
      'spec.map.c: Invalid value: "integer": spec.map.c in body must be of type string: "integer"',
    ],
  )
})

test('of alternatives the nearest is told; not, all and one have words of their own', () => {
  const either = spec({ a: { type: 'string' }, b: { type: 'string' } })
  const within = (more: Schema): Schema => ({
    ...either,
    properties: { spec: { ...either.properties?.['spec'], ...more } },
  })
  const value = { spec: {} }
  assert.deepEqual(told(within({ oneOf: [{ required: ['a'] }, { required: ['b'] }] }), value), [
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
    'spec.a: Required value',
  ])
  assert.deepEqual(
    told(within({ oneOf: [{ required: ['a'] }, { required: ['b'] }] }), {
      spec: { a: '', b: '' },
    }),
    [
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  )
  assert.deepEqual(told(within({ not: { required: ['a'] } }), { spec: { a: '' } }), [
    '<nil>: Invalid value: "": "spec" must not validate the schema (not)',
  ])
  assert.deepEqual(told(within({ allOf: [{ required: ['a'] }] }), value), [
    'spec.a: Required value',
    '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf). None validated',
  ])
})

test('an update may keep what was wrong before, but not add to it', () => {
  const schema = spec({ size: { type: 'integer', maximum: 5 }, name: { type: 'string' } })
  assert.deepEqual(told(schema, { spec: { size: 9, name: 'b' } }, { spec: { size: 9 } }), [])
  assert.deepEqual(told(schema, { spec: { size: 8 } }, { spec: { size: 9 } }), [
    'spec.size: Invalid value: 8: spec.size in body should be less than or equal to 5',
  ])
})

test('objects within objects must say what they are', () => {
  const schema = spec({
    template: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
  })
  const { errors, shape } = compiled(schema)
  const object: Draft = { spec: { template: { kind: 'pod!', metadata: { name: 'a', odd: 1 } } } }
  assert.deepEqual(shape(object, { isLenient: false }).unknown, ['spec.template.metadata.odd'])
  assert.deepEqual(
    errors(object).map(({ field, type }) => `${field} ${type}`),
    ['spec.template.apiVersion Required', 'spec.template.kind Invalid'],
  )
})

test('what conditions speak of must be specified outside of them', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      a: { type: 'string', anyOf: [{ type: 'string', default: 'x' }] },
      p: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      r: { type: 'string', pattern: '(?=x)' },
    },
    oneOf: [{ properties: { b: { minLength: 1 } } }],
  }
  assert.deepEqual(
    structuralErrors(schema, 'schema').map((error) => `${error.field}: ${errorBody(error)}`),
    [
      'schema.properties[a].anyOf[0].default: Forbidden: must be undefined to be structural',
      'schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
      'schema.properties[b]: Required value: because it is defined in schema.oneOf[0].properties[b]',
      'schema.properties[r].pattern: Invalid value: "(?=x)": must be a valid regular expression, but isn\'t: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
  )
})

test('patterns of Go mean the same here', () => {
  assert.equal(goRegExp('^[[:alpha:]]+\\z').test('abc'), true)
  assert.equal(goRegExp('(?i)^ab\\-c$').test('AB-C'), true)
  assert.equal(goRegExp('^(?P<first>\\pL)\\_{1}').test('é_'), true)
  assert.equal(goRegExp('^[\\w.%+\\-]+@x$').test('a.b-c@x'), true)
  assert.equal(goRegExp('\\Qa.b\\E').test('axb'), false)
  assert.equal(goRegExp('^{a}$').test('{a}'), true)
  for (const wrong of ['(', '\\y', '(?<!x)']) assert.throws(() => goRegExp(wrong), PatternError)
})

test('paths find fields, elements, ranges, filters and what lies deep', () => {
  const object: Draft = {
    a: { 'b.c': 1, list: [{ t: 'x', v: 1 }, { t: 'y', v: 2 }, { v: null }] },
  }
  const found = (path: string) => compileJsonPath(path)(object)
  assert.deepEqual(found('.a.b\\.c'), [1])
  assert.deepEqual(found(".a['b.c']"), [1])
  assert.deepEqual(found('.a.list[?(@.t=="y")].v'), [2])
  assert.deepEqual(found('.a.list[?(@.v>1)].t'), ['y'])
  assert.deepEqual(found('.a.list[-1].v'), [null])
  assert.deepEqual(found('.a.list[0:2].v'), [1, 2])
  assert.deepEqual(found('.a.list[*].t'), ['x', 'y'])
  assert.deepEqual(found('..t'), ['x', 'y'])
  assert.deepEqual(found('.nothing.here'), [])
})

test('formats know their texts', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['date-time', '2024-01-01T10:00:00Z', true],
    ['date-time', '2024-01-01', false],
    ['duration', '1h30m', true],
    ['duration', 'soon', false],
    ['cidr', '10.0.0.0/33', false],
    ['ipv4', '1.2.3.4', true],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', true],
    ['uri', 'https://example.com/x', true],
    ['hostname', 'example.com', true],
    ['mac', '00:00:5e:00:53:01', true],
    ['byte', 'YWJj', true],
  ]
  for (const [format, text, isRight] of cases) {
    assert.equal(textFormat(format)?.(text), isRight, `${format} ${text}`)
  }
})

/** Structural schemas of a few levels, with values that may or may not fit them. */
const schemas: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Schema>({ type: 'string', default: 's' }),
    fc.constant<Schema>({ type: 'integer', nullable: true }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema')),
    }),
    fc.record({ type: fc.constant('object'), additionalProperties: tie('schema') }),
  ),
})).schema

test('shaping and defaulting twice is the same as once', () => {
  fc.assert(
    fc.property(
      schemas,
      fc.jsonValue({ maxDepth: 5 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 })),
      (schema, any, object) => {
        const { shape, applyDefaults } = compiled(spec({ part: schema }))
        const draft = copyOf({ spec: { part: object, any } } as unknown as Draft)
        shape(draft, { isLenient: true })
        applyDefaults(draft)
        const once = copyOf(draft)
        assert.deepEqual(shape(draft, { isLenient: true }).unknown, [])
        applyDefaults(draft)
        assert.deepEqual(draft, once)
      },
    ),
    { numRuns: 300 },
  )
})
