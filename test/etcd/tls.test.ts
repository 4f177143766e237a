import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { etcdStore } from '../../src/store/drivers/etcd/etcd-store.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { etcdCertificates } from './etcd-certificates.ts'

test('etcd with certificates on both sides', { skip: etcdMissing }, async () => {
  using certificates = etcdCertificates()
  await using etcd = await startEtcd({ tls: certificates.server })
  const { signal } = new AbortController()
  const options = { endpoints: etcd.endpoints, clock: systemClock, signal, log: silentLog }
  const { client: tls } = certificates
  {
    await using store = await etcdStore({ ...options, tls })
    const put = await store.put('/registry/a', new Uint8Array([1]), 0)
    assert.deepEqual(put, { ok: true, revision: 2 })
  }
  const { cert, key } = tls
  await assert.rejects(etcdStore({ ...options, tls: { cert, key } }), (error: unknown) => {
    assert.ok(error instanceof StoreUnavailable)
    assert.match(error.message, /unable to (verify|get local issuer)/)
    return true
  })
})
