import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastError } from './last-words.ts'

test('the last entry of level error is what went wrong', () => {
  const log = [
    '{"level":"error","message":"failed","error":{"message":"first"}}',
    '{"level":"error","message":"failed","error":{"message":"second"}}',
    '{"level":"info","message":"ending"}',
    '{"level":"error","mess',
  ].join('\n')
  assert.equal(lastError(log), 'second')
})

test('a crash of Node.js itself is told too', () => {
  const log = 'node:internal/modules:1\n\nError: Cannot find module x\n    at file:1\n'
  assert.equal(lastError(log), 'Error: Cannot find module x')
})

test('a quiet log tells nothing', () => {
  assert.equal(lastError('{"level":"info","message":"well"}\n'), undefined)
})
