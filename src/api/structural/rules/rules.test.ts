import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBody } from '../../field-error.ts'
import type { ValidationRule } from '../../types.gen.ts'
import type { Schema } from '../schema.ts'
import { escapeName, unescapeName } from './escape.ts'
import { followPath } from './rule-path.ts'
import { compileRuleRun, type RunOptions } from './run-rules.ts'

const whole = (
  properties: Readonly<Record<string, Schema>>,
  ...rules: ValidationRule[]
): Schema => ({
  type: 'object',
  properties,
  'x-kubernetes-validations': rules,
})

function told(schema: Schema, value: unknown, options: RunOptions = {}): string[] {
  const { errors } = compileRuleRun(schema, true)(value, options)
  return errors.map((error) => `${error.field}: ${errorBody(error)}`)
}

const integer: Schema = { type: 'integer' }
const text: Schema = { type: 'string' }

test('a rule that does not hold is told by its message, or its text', () => {
  const schema = whole(
    { size: integer, limit: integer },
    { rule: 'self.size <= self.limit' },
    { rule: 'self.size > 0', message: ' must be there ' },
    { rule: 'self.size < 5', messageExpression: "'size is ' + string(self.size)" },
  )
  assert.deepEqual(told(schema, { size: 1, limit: 2 }), [])
  assert.deepEqual(told(schema, { size: 7, limit: 2 }), [
    '<nil>: Invalid value: failed rule: self.size <= self.limit',
    '<nil>: Invalid value: size is 7',
  ])
  assert.deepEqual(told(schema, { size: 0, limit: 2 }), ['<nil>: Invalid value: must be there'])
})

test('reason and fieldPath say what is wrong where', () => {
  const rules: ValidationRule[] = [
    { rule: 'has(self.a)', reason: 'FieldValueRequired', fieldPath: '.a', message: 'a is needed' },
    { rule: '!has(self.b)', reason: 'FieldValueForbidden', fieldPath: '.b' },
    { rule: '!has(self.b)', reason: 'FieldValueDuplicate' },
  ]
  const spec: Schema = { ...whole({ a: text, b: text }), 'x-kubernetes-validations': rules }
  assert.deepEqual(told(whole({ spec }), { spec: { b: 'x' } }), [
    'spec.a: Required value: a is needed',
    'spec.b: Forbidden: failed rule: !has(self.b)',
    'spec: Duplicate value',
  ])
})

test('rules of scalars show the value; of nulls there are none', () => {
  const count: Schema = {
    ...integer,
    nullable: true,
    'x-kubernetes-validations': [{ rule: 'self % 2 == 0' }],
  }
  const schema: Schema = whole({ count, list: { type: 'array', items: count } })
  assert.deepEqual(told(schema, { count: 3, list: [2, 5, null] }), [
    'count: Invalid value: 3: failed rule: self % 2 == 0',
    'list[1]: Invalid value: 5: failed rule: self % 2 == 0',
  ])
  assert.deepEqual(told(schema, { count: null }), [])
})

test('transition rules run where there is something to compare with', () => {
  const item = whole(
    { key: text, value: integer },
    { rule: 'self.value >= oldSelf.value', message: 'may only grow' },
  )
  const list: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['key'],
    items: item,
  }
  const schema = whole({ list, map: { type: 'object', additionalProperties: item } })
  const before = { list: [{ key: 'a', value: 3 }], map: { m: { value: 3 } } }
  const after = {
    list: [
      { key: 'b', value: 1 },
      { key: 'a', value: 2 },
    ],
    map: { m: { value: 2 }, n: { value: 1 } },
  }
  assert.deepEqual(told(schema, after), [])
  assert.deepEqual(told(schema, after, { previous: before, isRatcheting: true }), [
    'list[1]: Invalid value: may only grow',
    'map[m]: Invalid value: may only grow',
  ])
})

test('optionalOldSelf runs on creation too', () => {
  const rule = {
    rule: 'oldSelf.hasValue() || self == 1',
    optionalOldSelf: true,
    message: 'first 1',
  }
  const schema = whole({ n: { ...integer, 'x-kubernetes-validations': [rule] } })
  assert.deepEqual(told(schema, { n: 2 }), ['n: Invalid value: 2: first 1'])
  assert.deepEqual(told(schema, { n: 1 }), [])
  assert.deepEqual(told(schema, { n: 2 }, { previous: { n: 1 }, isRatcheting: true }), [])
})

test('errors of what did not change become warnings', () => {
  const spec = whole({ a: integer, b: integer }, { rule: 'self.a < 5', message: 'a is too big' })
  const run = compileRuleRun(whole({ spec }), true)
  const previous = { spec: { a: 9, b: 1 } }
  const same = run({ spec: { b: 1, a: 9 } }, { previous, isRatcheting: true })
  assert.deepEqual(same, {
    errors: [],
    warnings: ['spec: Invalid value: a is too big'],
  })
  const changed = run({ spec: { a: 9, b: 2 } }, { previous, isRatcheting: true })
  assert.equal(changed.errors.length, 1)
})

test('names, int-or-string, formats, sets and embedded objects are seen by rules', () => {
  const schema = whole(
    {
      'a-b': integer,
      namespace: text,
      port: { 'x-kubernetes-int-or-string': true },
      when: { type: 'string', format: 'date-time' },
      wait: { type: 'string', format: 'duration' },
      set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      template: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
    },
    { rule: 'self.a__dash__b == 1', message: 'a-b' },
    { rule: "self.__namespace__ == 'n'", message: 'namespace' },
    { rule: 'type(self.port) == string ? self.port == "http" : self.port == 80', message: 'port' },
    { rule: "self.when > timestamp('2020-01-01T00:00:00Z')", message: 'when' },
    { rule: "self.wait == duration('90m')", message: 'wait' },
    { rule: "self.set == ['b', 'a']", message: 'set' },
    { rule: 'self.metadata.name == self.template.metadata.name', message: 'template' },
    { rule: "self.kind == 'K' && self.apiVersion == 'g/v1'", message: 'kind' },
  )
  const value = {
    apiVersion: 'g/v1',
    kind: 'K',
    metadata: { name: 'x' },
    'a-b': 1,
    namespace: 'n',
    port: 'http',
    when: '2024-01-01T00:00:00Z',
    wait: '1h30m',
    set: ['a', 'b'],
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
  }
  assert.deepEqual(told(schema, value), [])
  assert.deepEqual(told(schema, { ...value, port: 80 }), [])
  assert.deepEqual(told(schema, { ...value, set: ['a', 'c'], port: 81 }), [
    '<nil>: Invalid value: port',
    '<nil>: Invalid value: set',
  ])
})

test('what fails to evaluate is told, and the budget ends it all', () => {
  const schema = whole(
    { a: text, port: { 'x-kubernetes-int-or-string': true } },
    { rule: "self.a == 'x'" },
    { rule: 'self.port < 5' },
    { rule: 'self.port.size() > 2' },
  )
  assert.deepEqual(told(schema, { port: 'http' }), [
    '<nil>: Invalid value: "object": no such key: a evaluating rule: self.a == \'x\'',
    '<nil>: Invalid value: "object": \'no such overload\': call arguments did not match a supported operator, function or macro signature for rule: self.port < 5',
  ])
  const items: Schema = {
    type: 'array',
    items: text,
    'x-kubernetes-validations': [
      { rule: 'self.all(a, self.all(b, self.all(c, a != b + c)))', message: 'sums' },
    ],
  }
  const list = Array.from({ length: 200 }, (_, at) => `t${at}`)
  assert.deepEqual(told(whole({ items, other: items }), { items: list, other: list }), [
    'items: Invalid value: "array": \'operation cancelled: actual cost limit exceeded\': no further validation rules will be run due to call cost exceeds limit for rule: sums',
  ])
})

test('property names and the identifiers that stand for them', () => {
  const pairs = [
    ['a', 'a'],
    ['a-b.c/d', 'a__dash__b__dot__c__slash__d'],
    ['a__b', 'a__underscores__b'],
    ['in', '__in__'],
    ['_x', '_x'],
  ] as const
  for (const [name, escaped] of pairs) {
    assert.equal(escapeName(name), escaped)
    assert.equal(unescapeName(escaped), name)
  }
  assert.equal(escapeName('1a'), undefined)
  assert.equal(escapeName('ä'), undefined)
  assert.equal(unescapeName('a__in__'), undefined)
})

test('a fieldPath is followed through the schema', () => {
  const schema = whole({
    map: { type: 'object', additionalProperties: { type: 'object', properties: { x: integer } } },
    'a.b': integer,
    list: { type: 'array', items: text },
  })
  const path = (given: string) => {
    const found = followPath(given, schema)
    return typeof found === 'string' ? found : found.path
  }
  assert.equal(path('.map.key.x'), 'map[key].x')
  assert.equal(path("['a.b']"), 'a.b')
  assert.equal(path("['it\\'s']"), 'does not refer to a valid field')
  assert.equal(path('.list[0]'), 'expected single quoted string but got 0')
  assert.equal(path('map'), 'expected [ or . but got: map')
  assert.equal(path('.map.key.y'), 'does not refer to a valid field')
  assert.equal(path("['map'"), 'unexpected end of JSON path')
})
