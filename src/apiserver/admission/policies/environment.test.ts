import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEnvironment } from './environment.ts'

test('an expression is compiled once, whatever a variable made of the same text', () => {
  const environment = createEnvironment([
    { name: 'early', expression: 'variables.late' },
    { name: 'late', expression: '1' },
  ])
  const program = environment.compile('variables.late')
  assert.equal(typeof program, 'object')
  assert.equal(environment.compile('variables.late'), program)
  assert.notEqual(environment.compile('variables.late + 1'), program)
})
