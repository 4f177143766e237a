import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, isSame, isSameMeaning } from './draft.ts'

test('what is nothing means the same; names of every object are names as any other', () => {
  const cases: readonly (readonly [unknown, unknown, boolean])[] = [
    [{ a: [] }, {}, true],
    [{}, { a: null, b: {} }, true],
    [[1], [1, null], false],
    [{ a: '' }, {}, false],
    [{}, { constructor: 'x' }, false],
    [{ toString: 'x' }, {}, false],
  ]
  for (const [a, b, expected] of cases) {
    assert.equal(isSameMeaning(a, b), expected, JSON.stringify([a, b]))
    if (!expected) assert.equal(isSame(a, b), false)
  }
})

test('a copy has every key, whatever its name is', () => {
  const text = '{"__proto__":{"a":1},"b":[{"c":null}]}'
  assert.equal(JSON.stringify(copyOf(JSON.parse(text))), text)
})
