import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../lib/clock.ts'
import { silentLog } from '../../../lib/log.ts'
import { wireType } from '../../../wire/protobuf/reader.ts'
import { ProtobufWriter } from '../../../wire/protobuf/writer.ts'
import { Compacted } from '../../store.ts'
import { createFeed } from './feed.ts'

/** etcd's message of one change: WatchResponse 11 events, each 2 kv of 1 key, 3 mod_revision. */
function changeAt(revision: number): Uint8Array {
  const writer = new ProtobufWriter()
  writer.message(11, () =>
    writer.message(2, () => {
      writer.tag(1, wireType.bytes)
      writer.text(`/k-${revision}`)
      writer.tag(3, wireType.varint)
      writer.unsigned(revision)
    }),
  )
  return writer.finish()
}

/** A member that tells of a change when the test says so. */
function sender() {
  let send = (_message: Uint8Array) => {}
  let message = new Promise<Uint8Array>((resolve) => {
    send = resolve
  })
  return {
    send: (revision: number) => send(changeAt(revision)),
    async *stream(_path: string, _request: Uint8Array, signal: AbortSignal) {
      const end = new Promise<undefined>((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined))
      })
      for (let next = await Promise.race([message, end]); next; ) {
        message = new Promise<Uint8Array>((resolve) => {
          send = resolve
        })
        yield next
        next = await Promise.race([message, end])
      }
    },
  }
}

test('a compaction of what is still on its way drops none of it', async () => {
  const etcd = sender()
  const mirrored: number[] = []
  const feed = createFeed({
    members: { stream: etcd.stream, call: () => assert.fail('called'), close: () => {} },
    mirror: {
      accept: (changes) => mirrored.push(...changes.map(({ revision }) => revision)),
      ...{ forget: () => {}, stall: () => {}, lose: () => assert.fail('lost') },
    },
    ...{ revision: 1, clock: testClock(), log: silentLog },
  })
  const stop = new AbortController()
  const running = feed.watch('/', { fromRevision: 2, signal: stop.signal })[Symbol.asyncIterator]()
  const first = running.next()
  feed.forget(3)
  const late = feed.watch('/', { fromRevision: 3, signal: stop.signal })[Symbol.asyncIterator]()
  await assert.rejects(late.next(), new Compacted(3))
  etcd.send(2)
  assert.equal((await first).value?.revision, 2)
  const second = running.next()
  etcd.send(3)
  assert.equal((await second).value?.revision, 3)
  assert.deepEqual(mirrored, [2, 3])
  stop.abort()
  await feed.close()
})
