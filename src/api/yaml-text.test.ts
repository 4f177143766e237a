import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readYaml } from './yaml-text.ts'

/** A comment makes it a document that is no JSON. */
const asDocument = (text: string) => readYaml(`# YAML\n${text}`)

test('JSON is read as the YAML that it is', () => {
  const values = fc.jsonValue({ maxDepth: 3 })
  fc.assert(
    fc.property(fc.dictionary(fc.string(), values), fc.constantFrom(0, 2), (value, indent) => {
      fc.pre(!('<<' in value))
      const text = JSON.stringify(value, undefined, indent)
      assert.deepEqual(readYaml(text), asDocument(text))
    }),
    { numRuns: 200 },
  )
})

test('keys come sorted, and those that repeat are told of', () => {
  assert.equal(
    JSON.stringify(readYaml('{"b":1,"a":{"d":1,"c":2}}').value),
    '{"a":{"c":2,"d":1},"b":1}',
  )
  assert.deepEqual(readYaml('{"a":1,"a":2}').repeated, ['line 1: key "a" already set in map'])
})
