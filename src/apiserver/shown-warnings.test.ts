import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addWarnings, shownWarnings } from './shown-warnings.ts'

test('warnings are shown once, in order, and empty ones not at all', () => {
  assert.deepEqual(shownWarnings(['b', 'a', '', 'b']), ['b', 'a'])
  assert.deepEqual(shownWarnings([]), [])
})

test('up to 4,096 characters they are whole', () => {
  const texts = ['a'.repeat(4000), 'b'.repeat(96)]
  assert.deepEqual(shownWarnings(texts), texts)
})

test('beyond, each is cut at 256 characters, and the first that fill the head are shown', () => {
  const long = Array.from({ length: 1000 }, (_, index) => `${index}`.padStart(4, '0').repeat(100))
  const shown = shownWarnings(long)
  assert.equal(shown.length, 16)
  assert.deepEqual(shown[15], '0015'.repeat(64))
  const [cut] = shownWarnings(['🚢'.repeat(5000)])
  assert.equal(cut, '🚢'.repeat(256))
})

test('a request takes any number of warnings', () => {
  const request = { warnings: ['first'] }
  const many = Array.from({ length: 500_000 }, (_, index) => `${index}`)
  addWarnings(request, many)
  assert.equal(request.warnings.length, 500_001)
})
