// When an address counts as left.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFarewells } from './farewells.ts'

test('who waits is told when the rules no longer lead there, and not before', async () => {
  const reached = new Set(['10.244.1.2', '10.244.1.3'])
  let isBehind = false
  const { left, settle } = createFarewells({
    leadsTo: (address) => reached.has(address),
    isBehind: () => isBehind,
  })
  const told: string[] = []
  const both = ['10.244.1.2', '10.244.1.3'].map((address) =>
    left(address).then(() => told.push(address)),
  )
  settle()
  reached.delete('10.244.1.3')
  await left('10.244.9.9')
  assert.equal(told.length, 0)
  settle()
  await both[1]
  assert.equal(told.join(), '10.244.1.3')
  reached.clear()
  isBehind = true
  const late = left('10.244.1.4').then(() => told.push('10.244.1.4'))
  settle()
  await late
  await both[0]
  assert.deepEqual(told.toSorted(), ['10.244.1.2', '10.244.1.3', '10.244.1.4'])
})
