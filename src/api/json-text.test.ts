import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from './json-text.ts'
import { readYaml } from './yaml-text.ts'

test('half a surrogate pair is U+FFFD, in keys too, and a whole pair what it is', () => {
  const text = String.raw`{"a\ud800":["\udfff","\ud83d\ude00"]}`
  const expected = { 'a\ufffd': ['\ufffd', '\u{1f600}'] }
  assert.deepEqual(parseJson(text), expected)
  assert.deepEqual(readYaml(`${text} # not JSON`).value, expected)
})

test('what nests deeper than a thousand levels is refused before anything recurses over it', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.equal(JSON.stringify(parseJson(nested(1000))), nested(1000))
  assert.throws(() => parseJson(nested(1001)), /exceeded max depth/)
  assert.throws(() => readYaml(nested(1200)), /exceeded max depth/)
})
