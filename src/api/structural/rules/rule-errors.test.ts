import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBody } from '../../field-error.ts'
import type { ValidationRule } from '../../types.gen.ts'
import type { Schema } from '../schema.ts'
import { compileRules } from './compile-rules.ts'
import { ruleErrors } from './rule-errors.ts'
import { ruleTextErrors } from './rule-texts.ts'
import { schemaType } from './schema-type.ts'

const ruled = (schema: Schema, ...rules: ValidationRule[]): Schema => ({
  ...schema,
  'x-kubernetes-validations': rules,
})
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
})
const text: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }

function told(schema: Schema, isUnchanged = false): string[] {
  return ruleErrors(schema, { path: 's', schemaErrors: [], isUnchanged }).map(
    (error) => `${error.field}: ${errorBody(error)}`,
  )
}

const advice =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'

test('what does not compile is told with the rule', () => {
  const schema = ruled(
    object({ a: integer }),
    { rule: 'self.b > 1' },
    { rule: 'self.a + 1' },
    { rule: 'self.a > 1', messageExpression: 'self.a' },
  )
  const shown = (Rule: string, MessageExpression = '') =>
    JSON.stringify({
      ...{ Rule, Message: '', MessageExpression },
      ...{ Reason: null, FieldPath: '', OptionalOldSelf: null },
    })
  assert.deepEqual(told(schema), [
    `s.x-kubernetes-validations[0].rule: Invalid value: ${shown('self.b > 1')}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b > 1\n | ....^`,
    `s.x-kubernetes-validations[1].rule: Invalid value: ${shown('self.a + 1')}: cel expression must evaluate to a bool`,
    `s.x-kubernetes-validations[2].messageExpression: Invalid value: ${shown('self.a > 1', 'self.a')}: messageExpression must evaluate to a string`,
  ])
})

test('an expression that may cost too much is refused by how much', () => {
  const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more })
  const rule = { rule: 'self.all(a, self.all(b, a != b))' }
  assert.deepEqual(told(object({ l: ruled(list(text), rule) })), [
    `s.properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${advice}`,
    's.properties[l].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
    `s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${advice}`,
  ])
  const bounded = list({ ...text, maxLength: 10 }, { maxItems: 10 })
  assert.deepEqual(told(object({ l: ruled(bounded, rule) })), [])
  const inner = ruled({ ...text, maxLength: 1000 }, { rule: "self.matches('^[a-z]*$')" })
  assert.deepEqual(told(object({ l: list(inner, { maxItems: 30_000 }) })), [
    `s.properties[l].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 2.4x ${advice}`,
  ])
  assert.deepEqual(told(object({ l: list(inner, { maxItems: 30_000 }) }), true), [])
})

test('what was before is known of values that can be found again', () => {
  const item = ruled({ ...text, maxLength: 9 }, { rule: 'self == oldSelf' })
  const list: Schema = { type: 'array', items: item, maxItems: 9 }
  assert.deepEqual(told(object({ l: list })), [
    's.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]',
  ])
  const idle = ruled(object({ a: integer }), { rule: 'self.a > 1', optionalOldSelf: true })
  assert.deepEqual(told(idle), [
    's.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
  ])
})

test('texts of rules are checked first', () => {
  const schema = ruled(
    object({ a: integer }),
    { rule: ' ' },
    { rule: 'true', message: ' ' },
    { rule: 'true', message: 'a\nb' },
    { rule: 'true ||\nfalse' },
    { rule: 'true', messageExpression: ' ' },
    { rule: 'true', fieldPath: '.b' },
    { rule: 'true', fieldPath: '.a' },
  )
  assert.deepEqual(
    ruleTextErrors(schema, 's').map((error) => `${error.field}: ${errorBody(error)}`),
    [
      's.x-kubernetes-validations[0].rule: Required value: rule is not specified',
      's.x-kubernetes-validations[1].message: Invalid value: " ": must be non-empty if specified',
      's.x-kubernetes-validations[2].message: Invalid value: "a\\nb": must not contain line breaks',
      's.x-kubernetes-validations[3].message: Required value: message must be specified if rule contains line breaks',
      's.x-kubernetes-validations[4].messageExpression: Required value: messageExpression must be non-empty if specified',
      's.x-kubernetes-validations[5].fieldPath: Invalid value: ".b": must be a valid path',
    ],
  )
})

test('costs are estimated as upstream estimates them', () => {
  const list = (items: Schema) => (most?: number) => ({
    ...{ type: 'array', items },
    ...(most !== undefined && { maxItems: most }),
  })
  const map = (values: Schema) => (most?: number) => ({
    ...{ type: 'object', additionalProperties: values },
    ...(most !== undefined && { maxProperties: most }),
  })
  const plain = (most?: number) => ({ ...text, ...(most !== undefined && { maxLength: most }) })
  const number: Schema = { type: 'number' }
  const cases: readonly (readonly [
    (most?: number) => Schema,
    string,
    number | undefined,
    number,
  ])[] = [
    [list(number), 'self.all(x, true)', undefined, 4_718_591],
    [list(number), 'self.all(x, true)', 10, 32],
    [list(number), 'self.all(x, self.all(y, self.all(z, true)))', 10, 3552],
    [list(text), 'self[1] == self[1]', 8, 314_577],
    [map(number), 'self.all(x, true)', undefined, 1_348_169],
    [plain, "self.contains('test')", undefined, 314_574],
    [plain, `size(self + "hello") > size("hello")`, 4, 7],
  ]
  for (const [schemaOf, rule, most, cost] of cases) {
    const schema = ruled(schemaOf(most), { rule })
    const type = schemaType(schema, { name: 'selfType', isWhole: false })
    assert.ok(type)
    const [compiled] = compileRules(schema, type, true)
    assert.equal(compiled?.program?.maxCost, cost, rule)
  }
})
