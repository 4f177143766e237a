import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { ConfigMap, Secret } from '../../api/types.gen.ts'
import { planSignatures } from './bootstrap-signer.ts'
import { planCleaning } from './token-cleaner.ts'

const now = new Date('2026-01-01T00:00:00Z')
const secretOf = (id: string, fields: Record<string, string> = {}): Secret => ({
  ...{ apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token' },
  metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` },
  data: Object.fromEntries(
    Object.entries({
      ...{ 'token-id': id, 'token-secret': 'x'.repeat(16), 'usage-bootstrap-signing': 'true' },
      ...fields,
    }).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
})
const infoOf = (data: Record<string, string>): ConfigMap => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { namespace: 'kube-public', name: 'cluster-info' },
  data,
})

test('cluster-info is signed with each token that may sign, and with no other', () => {
  const expired = secretOf('eeeeee', { expiration: '2025-01-01T00:00:00Z' })
  const silent = secretOf('ssssss', { 'usage-bootstrap-signing': 'false' })
  const info = infoOf({ kubeconfig: 'K', 'jws-kubeconfig-eeeeee': 'old' })
  const secrets = [secretOf('aaaaaa'), expired, silent]
  const [action] = planSignatures({ info, secrets }, now).actions
  assert.ok(action?.verb === 'update' && action.kind === 'ConfigMap')
  const head = Buffer.from('{"alg":"HS256","kid":"aaaaaa"}').toString('base64url')
  const hmac = createHmac('sha256', 'x'.repeat(16)).update(`${head}.Sw`).digest('base64url')
  assert.deepEqual(action.object.data, {
    kubeconfig: 'K',
    'jws-kubeconfig-aaaaaa': `${head}..${hmac}`,
  })
  assert.deepEqual(planSignatures({ info: action.object, secrets }, now).actions, [])
})

test('a token is deleted when its time has come', () => {
  const until = (expiration: string) => planCleaning(secretOf('aaaaaa', { expiration }), now)
  assert.deepEqual(until('2026-01-01T00:01:00Z'), { actions: [], requeueAfterMs: 60_000 })
  assert.equal(until('2025-12-31T23:59:59Z').actions.length, 1)
  assert.deepEqual(planCleaning(secretOf('aaaaaa'), now).actions, [])
})
