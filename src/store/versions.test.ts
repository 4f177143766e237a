import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Entry } from './store.ts'
import { createVersions } from './versions.ts'

const keys = ['/a', '/a/1', '/a/2', '/a/3', '/a/4', '/b/1', '/b/2', '/c']

const write = fc.record({ key: fc.constantFrom(...keys), isDelete: fc.boolean() })

/** Writes as a store would: a delete of what is not there does nothing. */
function written(writes: readonly { key: string; isDelete: boolean }[]) {
  const versions = createVersions()
  const states: (readonly string[])[] = [[], []]
  const live = new Map<string, Entry>()
  for (const { key, isDelete } of writes) {
    const previous = live.get(key)
    if (isDelete && !previous) continue
    const revision = versions.revision + 1
    const value = Uint8Array.of(revision & 255)
    const type = isDelete ? 'delete' : 'put'
    versions.apply({ type, key, value, revision, ...(previous && { previous }) })
    if (isDelete) live.delete(key)
    else
      live.set(key, { key, value, revision, createRevision: previous?.createRevision ?? revision })
    states.push([...live.keys()].sort())
  }
  return { versions, states }
}

test('of any page at any revision the rest is counted rightly, before and after compaction', () => {
  fc.assert(
    fc.property(
      fc.array(write, { maxLength: 40 }),
      fc.constantFrom('', '/', '/a', '/a/', '/b/', '/zz'),
      fc.nat({ max: 4 }),
      (writes, prefix, limit) => {
        const { versions, states } = written(writes)
        const compacted = Math.max(1, versions.revision >> 1)
        for (const from of [1, compacted]) {
          if (from > 1) versions.compact(from)
          for (let revision = from; revision <= versions.revision; revision++) {
            const all = (states[revision] ?? []).filter((key) => key.startsWith(prefix))
            const { entries, remaining } = versions.range(prefix, { limit, revision })
            assert.deepEqual(
              entries.map(({ key }) => key),
              all.slice(0, limit),
            )
            assert.equal(remaining, Math.max(0, all.length - limit))
          }
        }
      },
    ),
  )
})

test('among thousands of keys the rest is counted block by block', () => {
  const versions = createVersions()
  for (let index = 0; index < 5000; index++) {
    const key = `/${index % 2 ? 'odd' : 'even'}/${String(index).padStart(4, '0')}`
    versions.apply({ type: 'put', key, value: new Uint8Array(1), revision: index + 2 })
  }
  assert.equal(versions.range('/even/', { limit: 500 }).remaining, 2000)
  assert.equal(versions.range('/odd/', { limit: 1, after: '/odd/4000' }).remaining, 499)
  assert.equal(versions.range('', { limit: 1 }).remaining, 4999)
})

test('the past takes a bounded number of bytes, and the newest of it stays', () => {
  const versions = createVersions(1000)
  let previous: Entry | undefined
  for (let revision = 2; revision <= 100; revision++) {
    const value = new Uint8Array(100)
    versions.apply({
      ...{ type: 'put', key: '/a', value, revision },
      ...(previous && { previous }),
    })
    previous = { key: '/a', value, revision, createRevision: 2 }
    assert.ok(versions.pastBytes <= 1000)
  }
  assert.ok(versions.compactedRevision > 80)
  assert.equal(versions.get('/a', 95)?.revision, 95)
  assert.equal(versions.get('/a')?.revision, 100)
  assert.throws(() => versions.get('/a', 50), { name: 'Compacted' })
  versions.compact(100)
  assert.equal(versions.pastBytes, 0)
})
