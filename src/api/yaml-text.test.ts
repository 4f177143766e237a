import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readYaml, YamlSyntaxError } from './yaml-text.ts'

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

test('what nests too deep, or multiplies, is refused without being read', () => {
  const refused = (text: string, message: string) =>
    assert.throws(
      () => asDocument(text),
      (error) => error instanceof YamlSyntaxError && error.message === message,
    )
  const tooDeep = 'yaml: exceeded max depth'
  refused(`a: ${'['.repeat(1e6)}`, tooDeep)
  refused(`a:\n  ${'- '.repeat(1e6)}x`, tooDeep)
  refused('{a: '.repeat(1e5), tooDeep)
  const aliases = Array.from({ length: 9 }, () => '*a').join(', ')
  const rows = Array.from({ length: 99 }, (_, row) => `r${row}: [${aliases}]`)
  refused(`a: &a [1, 2]\n${rows.join('\n')}`, 'yaml: document contains excessive aliasing')
  const nested = `${'['.repeat(400)}${']'.repeat(400)}`
  assert.equal(JSON.stringify(asDocument(`a: ${nested}`).value), `{"a":${nested}}`)
})

test('repeated keys are told of in the order of the lines', () => {
  const { repeated, value } = asDocument('a:\n  b: 1\n  "b": 2\n  c: 1\na: {x: 1, x: 2}\nd: 1')
  assert.deepEqual(repeated, [
    'line 4: key "b" already set in map',
    'line 6: key "a" already set in map',
    'line 6: key "x" already set in map',
  ])
  assert.deepEqual(value, { a: { x: 2 }, d: 1 })
})

const bomb = Array.from({ length: 12 }, (_, level) => {
  const inner = level === 0 ? 'x' : `*a${level - 1}`
  return `a${level}: &a${level} [${Array(9).fill(inner).join()}]`
}).join('\n')

const refused: readonly (readonly [string, string, string])[] = [
  ['aliases that multiply', bomb, 'yaml: document contains excessive aliasing'],
  [
    'a merge of what is no map',
    'a: &a b\n<<: *a\n',
    'yaml: map merge requires map or sequence of maps as the value',
  ],
  ['levels without end', '['.repeat(50_000), 'yaml: exceeded max depth'],
]

for (const [what, text, message] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(() => readYaml(text), new YamlSyntaxError(message))
  })
}
