import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ensurePki } from './pki.ts'
import { planCluster } from './plan-cluster.ts'

const now = new Date('2026-05-01T00:00:00Z')

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sampan-pki-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a cluster gets the certificates that kubeadm would make', (t) => {
  const folder = temporaryFolder(t)
  ensurePki(planCluster({ name: 'c', nodes: 2 }).config, folder, now)
  const files = readdirSync(folder).filter((file) => file.endsWith('.crt'))
  assert.deepEqual(files.toSorted(), [
    'admin.crt',
    'agent.crt',
    'apiserver-kubelet-client.crt',
    'apiserver.crt',
    'ca.crt',
    'controller-manager.crt',
    'front-proxy-ca.crt',
    'front-proxy-client.crt',
    'kubelet-c-control-plane.crt',
    'kubelet-c-worker.crt',
    'proxy.crt',
    'scheduler.crt',
  ])
  const read = (file: string) => new X509Certificate(readFileSync(join(folder, file)))
  assert.equal(read('kubelet-c-worker.crt').subject, 'O=system:nodes\nCN=system:node:c-worker')
  assert.equal(read('apiserver.crt').checkIP('10.96.0.1'), '10.96.0.1')
  assert.equal(read('apiserver.crt').checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(read('admin.crt').verify(read('ca.crt').publicKey), true)
  assert.equal(statSync(join(folder, 'ca.key')).mode & 0o777, 0o600)
})

test('what is good stays, what changed or expires is made anew', (t) => {
  const folder = temporaryFolder(t)
  const { config } = planCluster({})
  const serials = () =>
    ['ca', 'admin', 'apiserver'].map(
      (file) => new X509Certificate(readFileSync(join(folder, `${file}.crt`))).serialNumber,
    )
  ensurePki(config, folder, now)
  const first = serials()
  ensurePki(config, folder, now)
  assert.deepEqual(serials(), first)
  ensurePki({ ...config, domain: 'my.test' }, folder, now)
  const renamed = serials()
  assert.deepEqual(renamed.slice(0, 2), first.slice(0, 2))
  assert.notEqual(renamed[2], first[2])
  ensurePki(config, folder, new Date('2027-04-01T00:00:00Z'))
  const renewed = serials()
  assert.equal(renewed[0], first[0])
  assert.notEqual(renewed[1], first[1])
})
