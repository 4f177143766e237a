import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWholeServer } from '../testing/whole-server.ts'

const day = '2099-01-01T00:00:00Z'
const secret = (fields: Record<string, string>) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token' },
  metadata: { name: `bootstrap-token-${fields['token-id']}` },
  stringData: {
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
    ...fields,
  },
})

test('a bootstrap token is good while its Secret says so', async () => {
  await using server = await startWholeServer()
  const review = async (id: string, fields: Record<string, string> = {}) => {
    const body = secret({ 'token-id': id, ...fields })
    const made = await server.root('POST /api/v1/namespaces/kube-system/secrets', body)
    assert.equal(made.status, 201, made.text)
    const { json } = await server.root('POST /apis/authentication.k8s.io/v1/tokenreviews', {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
      spec: { token: `${id}.0123456789abcdef` },
    })
    return json.status.user
  }
  const groups = 'system:bootstrappers:kubeadm:default-node-token'
  assert.deepEqual(await review('aaaaaa', { expiration: day, 'auth-extra-groups': groups }), {
    username: 'system:bootstrap:aaaaaa',
    groups: ['system:bootstrappers', groups, 'system:authenticated'],
  })
  assert.deepEqual(await review('bbbbbb', { 'token-secret': 'fedcba9876543210' }), {})
  assert.deepEqual(await review('cccccc', { expiration: '2001-01-01T00:00:00Z' }), {})
  assert.deepEqual(await review('dddddd', { 'usage-bootstrap-authentication': 'false' }), {})
  assert.deepEqual(await review('eeeeee', { 'auth-extra-groups': 'system:masters' }), {})
})
