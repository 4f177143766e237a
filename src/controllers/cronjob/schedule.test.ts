import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSchedule } from './schedule.ts'

test('names the next moments', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['*/5 * * * *', '2026-01-01T00:03:10Z', '2026-01-01T00:05:00.000Z'],
    ['0 3 * * *', '2026-01-01T03:00:00Z', '2026-01-02T03:00:00.000Z'],
    ['30 8 1 * *', '2026-01-01T09:00:00Z', '2026-02-01T08:30:00.000Z'],
    ['0 0 * * mon', '2026-01-01T00:00:00Z', '2026-01-05T00:00:00.000Z'],
    ['0 0 * * 7', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    ['0 0 13 * fri', '2026-01-01T12:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['0 12 29 feb *', '2026-01-01T00:00:00Z', '2028-02-29T12:00:00.000Z'],
    ['5-7,50 10/6 * * *', '2026-01-01T10:07:30Z', '2026-01-01T10:50:00.000Z'],
    ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000Z'],
    ['@every 90s', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30.000Z'],
  ]
  for (const [text, after, expected] of cases) {
    assert.equal(parseSchedule(text).next(new Date(after))?.toISOString(), expected, text)
  }
})

test('keeps to the time zone through summer and winter', () => {
  const daily = parseSchedule('30 2 * * *', 'Europe/Berlin')
  assert.equal(
    daily.next(new Date('2026-01-01T00:00:00Z'))?.toISOString(),
    '2026-01-01T01:30:00.000Z',
  )
  assert.equal(
    daily.next(new Date('2026-07-01T01:00:00Z'))?.toISOString(),
    '2026-07-02T00:30:00.000Z',
  )
  // On 29 March 2026 there is no 02:30 in Berlin.
  assert.equal(
    daily.next(new Date('2026-03-28T12:00:00Z'))?.toISOString(),
    '2026-03-30T00:30:00.000Z',
  )
})

test('a day that never comes has no next', () => {
  assert.equal(parseSchedule('0 0 31 2 *').next(new Date('2026-01-01T00:00:00Z')), undefined)
})

test('says what is wrong', () => {
  assert.throws(() => parseSchedule('* * * *'), /expected exactly 5 fields, found 4/)
  assert.throws(() => parseSchedule('60 * * * *'), /end of range \(60\) above maximum \(59\)/)
  assert.throws(() => parseSchedule('a * * * *'), /failed to parse int from a/)
  assert.throws(() => parseSchedule('*/0 * * * *'), /step of range must be positive/)
})
