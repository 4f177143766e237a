// An etcd that asks for a user and a password.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { etcdStore } from '../../src/store/drivers/etcd/etcd-store.ts'
import { createMembers } from '../../src/store/drivers/etcd/members.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { ProtobufWriter } from '../../src/wire/protobuf/writer.ts'

const root = { name: 'root', password: 'secret' }
const { signal } = new AbortController()
const shared = { clock: systemClock, signal, log: silentLog }

/** A message of texts, numbered from 1. */
function texts(...fields: readonly string[]): Uint8Array {
  const writer = new ProtobufWriter()
  for (const [index, text] of fields.entries()) {
    writer.tag(index + 1, 2)
    writer.text(text)
  }
  return writer.finish()
}

async function askForUsers(endpoints: readonly string[]): Promise<void> {
  const members = createMembers({ ...shared, endpoints })
  await members.call('/etcdserverpb.Auth/UserAdd', texts(root.name, root.password))
  await members.call('/etcdserverpb.Auth/UserGrantRole', texts(root.name, 'root'))
  await members.call('/etcdserverpb.Auth/AuthEnable', texts())
  members.close()
}

test('a user of etcd reads, writes and watches, and is asked anew when a member forgot', {
  skip: etcdMissing,
}, async () => {
  await using etcd = await startEtcd()
  const { endpoints } = etcd
  await askForUsers(endpoints)
  await using store = await etcdStore({ ...shared, endpoints, user: root })
  const value = new Uint8Array([1])
  assert.deepEqual(await store.put('/registry/a', value, 0), { ok: true, revision: 2 })
  // Tokens are in the memory of etcd alone.
  const [member] = etcd.members
  await member?.kill()
  await member?.start()
  assert.deepEqual(await store.put('/registry/b', value, 0), { ok: true, revision: 3 })
  assert.equal((await store.get('/registry/b'))?.revision, 3)
  for await (const { revision } of store.watch('/registry/', { fromRevision: 2, signal })) {
    if (revision === 3) break
  }
})

test('a wrong password is said to be one', { skip: etcdMissing }, async () => {
  await using etcd = await startEtcd()
  const { endpoints } = etcd
  await askForUsers(endpoints)
  const user = { ...root, password: 'wrong' }
  await assert.rejects(etcdStore({ ...shared, endpoints, user }), (error: unknown) => {
    assert.ok(error instanceof StoreUnavailable)
    assert.match(error.message, /authentication failed, invalid user ID or password/)
    return true
  })
})
