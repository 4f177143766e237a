import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planExpiry, type Sightings } from './event-expiry.ts'

const minute = 60_000
const event = (key: string, revision: number) => ({
  key,
  revision,
  createRevision: 1,
  value: new Uint8Array(),
})

test('an Event goes an hour after it was last written', () => {
  let seen: Sightings = new Map()
  const at = (minutes: number, ...events: ReturnType<typeof event>[]) => {
    const plan = planExpiry(events, seen, minutes * minute)
    seen = plan.seen
    return plan.expired.map(({ key }) => key)
  }
  assert.deepEqual(at(0, event('a', 2), event('b', 3)), [])
  assert.deepEqual(at(30, event('a', 2), event('b', 4)), [])
  assert.deepEqual(at(60, event('a', 2), event('b', 4)), ['a'])
  assert.deepEqual(at(90, event('b', 4)), ['b'])
  assert.deepEqual(at(91), [])
  assert.equal(seen.size, 0)
})
