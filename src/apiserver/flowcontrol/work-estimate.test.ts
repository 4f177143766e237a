import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestOf } from '../in-process.ts'
import { seatsOf } from './work-estimate.ts'

const seats = (path: string, stored: number | undefined) =>
  seatsOf(requestOf({ method: 'GET', path }, { name: 'x', groups: [] }), () => stored)

test('a list takes a seat for every hundred objects it reads, ten at most', () => {
  assert.equal(seats('/api/v1/pods', undefined), 1)
  assert.equal(seats('/api/v1/pods', 100), 1)
  assert.equal(seats('/api/v1/pods', 250), 3)
  assert.equal(seats('/api/v1/pods', 100_000), 10)
  assert.equal(seats('/api/v1/pods?limit=500', 100_000), 5)
  assert.equal(seats('/api/v1/pods?limit=50', 100_000), 1)
})

test('anything else takes one', () => {
  assert.equal(seats('/api/v1/namespaces/a/pods/b', 100_000), 1)
  assert.equal(seats('/api/v1/pods?watch=true', 100_000), 1)
  assert.equal(seats('/version', 100_000), 1)
})
