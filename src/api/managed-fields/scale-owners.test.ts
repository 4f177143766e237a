import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { lendOwners, type ReplicasPlaces, returnOwners } from './scale-owners.ts'

const places: ReplicasPlaces = new Map([
  ['apps/v1', ['f:spec', 'f:replicas']],
  ['apps/v2', ['f:spec', 'f:size']],
  ['apps/v3', []],
])
const time = '2026-01-01T00:00:00Z'

/** `apply apps/v1 f:replicas f:selector`, and what else an entry has. */
function entry(text: string, more: object = {}): Draft {
  const [how = '', apiVersion = '', ...fields] = text.split(' ')
  const [operation = '', manager = 'one'] = how.split(':')
  const spec = Object.fromEntries(fields.map((field) => [field, {}]))
  const fieldsV1 = { 'f:spec': spec }
  return { manager, operation, apiVersion, fieldsType: 'FieldsV1', fieldsV1, ...more }
}

const scaled = (text: string, more: object = {}) =>
  entry(`${text} autoscaling/v1 f:replicas`, { subresource: 'scale', ...more })

const withEntries = (entries: readonly Draft[]): Draft => ({
  metadata: { ...(entries.length > 0 && { managedFields: [...entries] }) },
})

function lent(...entries: readonly Draft[]): unknown {
  const scale: Draft = { metadata: {} }
  lendOwners(scale, withEntries(entries), places)
  return scale['metadata']
}

function returned(object: readonly Draft[], scale: readonly Draft[], apiVersion = 'apps/v1') {
  const draft = withEntries(object)
  returnOwners(draft, withEntries(scale), { places, apiVersion })
  return (draft['metadata'] as Draft)['managedFields']
}

test('owners of the replicas own those of the Scale; others and unknown versions are not there', () => {
  assert.deepEqual(
    lent(
      entry('Apply:a apps/v1 f:selector'),
      entry('Apply:b apps/v1 f:replicas f:selector', { time }),
      entry('Apply:c apps/v2 f:size', { subresource: 'scale' }),
      entry('Apply:d apps/v3 f:replicas'),
      entry('Apply:e apps/v4 f:replicas'),
    ),
    {
      managedFields: [
        entry('Apply:c autoscaling/v1 f:replicas', { subresource: 'scale' }),
        entry('Apply:b autoscaling/v1 f:replicas', { time }),
      ],
    },
  )
  assert.deepEqual(lent(entry('Apply:a apps/v1 f:selector')), {})
})

test('who scales takes the replicas from their owners, whoever they are', () => {
  for (const before of ['Apply', 'Update']) {
    for (const [after, manager] of [
      ['Apply', 'scaler'],
      ['Update', 'scaler'],
      ['Apply', 'one'],
      ['Update', 'one'],
    ]) {
      const made = returned(
        [entry(`${before}:one apps/v1 f:replicas f:selector`)],
        [scaled(`${after}:${manager}`)],
      ) as Draft[]
      const order = (a: Draft, b: Draft) =>
        String(a['subresource'] ?? '') < String(b['subresource'] ?? '') ? -1 : 1
      assert.deepEqual([...made].sort(order), [
        entry(`${before}:one apps/v1 f:selector`),
        entry(`${after}:${manager} apps/v1 f:replicas`, { subresource: 'scale' }),
      ])
    }
  }
})

test('an owner of the replicas alone is gone when they are taken', () => {
  assert.deepEqual(returned([entry('Apply:a apps/v1 f:replicas')], [scaled('Update:b')]), [
    entry('Update:b apps/v1 f:replicas', { subresource: 'scale' }),
  ])
})

test('who still owns them in the Scale keeps the entry as it was, time and all', () => {
  for (const operation of ['Apply', 'Update']) {
    const own = entry(`${operation}:a apps/v1 f:replicas f:selector`, { time })
    assert.deepEqual(
      returned(
        [own],
        [entry(`${operation}:a autoscaling/v1 f:replicas`, { time }), scaled('Apply:b')],
      ),
      [entry('Apply:b apps/v1 f:replicas', { subresource: 'scale' }), own],
    )
  }
})

test('what owns other fields of the Scale alone does not come back', () => {
  const own = entry('Apply:a apps/v1 f:selector')
  const status = { 'f:status': { 'f:replicas': {} } }
  assert.deepEqual(returned([own], [scaled('Update:b', { fieldsV1: status })]), [own])
})

test('every version has its own place, and entries of unknown versions are dropped', () => {
  assert.deepEqual(
    returned(
      [
        entry('Apply:a apps/v1 f:replicas f:selector'),
        entry('Apply:b apps/v2 f:size f:selector'),
        entry('Apply:c apps/v3 f:replicas'),
        entry('Apply:d apps/v4 f:selector'),
      ],
      [scaled('Update:s')],
      'apps/v2',
    ),
    [
      entry('Apply:a apps/v1 f:selector'),
      entry('Apply:b apps/v2 f:selector'),
      entry('Apply:c apps/v3 f:replicas'),
      entry('Update:s apps/v2 f:size', { subresource: 'scale' }),
    ],
  )
})
