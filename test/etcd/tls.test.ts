import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ensurePki } from '../../src/cluster/pki.ts'
import { planCluster } from '../../src/cluster/plan-cluster.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { etcdStore } from '../../src/store/drivers/etcd/etcd-store.ts'
import { StoreUnavailable } from '../../src/store/store.ts'

test('etcd with certificates on both sides', { skip: etcdMissing }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sampan-etcd-pki-'))
  t.after(() => rmSync(folder, { recursive: true }))
  ensurePki(planCluster({}).config, folder, new Date())
  const path = (name: string) => join(folder, name)
  const tls = { ca: path('ca.crt'), cert: path('apiserver.crt'), key: path('apiserver.key') }
  await using etcd = await startEtcd({ tls })
  const { signal } = new AbortController()
  const pem = (name: string) => readFileSync(path(name), 'utf8')
  const options = { endpoints: etcd.endpoints, clock: systemClock, signal, log: silentLog }
  const ca = pem('ca.crt')
  const cert = pem('apiserver-kubelet-client.crt')
  const key = pem('apiserver-kubelet-client.key')
  {
    await using store = await etcdStore({ ...options, tls: { ca, cert, key } })
    const put = await store.put('/registry/a', new Uint8Array([1]), 0)
    assert.deepEqual(put, { ok: true, revision: 2 })
  }
  await assert.rejects(etcdStore({ ...options, tls: { cert, key } }), (error: unknown) => {
    assert.ok(error instanceof StoreUnavailable)
    assert.match(error.message, /unable to (verify|get local issuer)/)
    return true
  })
})
