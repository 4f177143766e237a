import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '../../api/types.gen.ts'
import type { CertificateRequest } from '../../wire/pkcs10.ts'
import { planRequest } from './plan.ts'
import { signers } from './signers.ts'

const now = new Date('2026-01-02T00:00:00Z')
const client = 'kubernetes.io/kube-apiserver-client-kubelet'
const usages = ['digital signature', 'client auth'] as const

const node: CertificateRequest = {
  commonName: 'system:node:n1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emails: [],
  uris: [],
  publicKey: generateKeyPairSync('ed25519').publicKey,
}

test('a request goes a day after it was made, an hour after its answer', () => {
  const step = (csr: CertificateSigningRequest, at: string) =>
    planRequest({ csr, request: new Error('unread') }, new Date(at)).step
  const pending = csrOf({ signerName: 'example.com/other' })
  assert.equal(step(pending, '2026-01-02T23:59:59Z'), 'wait')
  assert.equal(step(pending, '2026-01-03T00:00:00Z'), 'delete')
  const denied = csrOf({ signerName: 'example.com/other' }, 'Denied')
  assert.equal(step(denied, '2026-01-02T00:59:59Z'), 'wait')
  assert.equal(step(denied, '2026-01-02T01:00:00Z'), 'delete')
})

test('only a kubelet is approved, by itself or by who may ask for nodes', () => {
  const permission = (username: string, request: CertificateRequest) => {
    const step = planRequest({ csr: csrOf({ signerName: client, username }), request }, now)
    return step.step === 'approve' ? step.permission : step.step
  }
  assert.equal(permission('system:node:n1', node), 'selfnodeclient')
  assert.equal(permission('system:bootstrap:abc', node), 'nodeclient')
  assert.equal(permission('jane', { ...node, commonName: 'jane' }), 'wait')
})

test('what is approved is signed, unless its signer does not take it', () => {
  const approved = csrOf({ signerName: client }, 'Approved')
  assert.equal(planRequest({ csr: approved, request: node }, now).step, 'sign')
  const wrong = planRequest({ csr: approved, request: { ...node, dnsNames: ['n1'] } }, now)
  assert.deepEqual(wrong.step === 'fail' && wrong.object.status?.conditions?.at(-1), {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message: 'DNS subjectAltNames are not allowed',
    lastUpdateTime: '2026-01-02T00:00:00Z',
    lastTransitionTime: '2026-01-02T00:00:00Z',
  })
  const other = csrOf({ signerName: 'example.com/other' }, 'Approved')
  assert.equal(planRequest({ csr: other, request: node }, now).step, 'wait')
})

test('a serving certificate needs a name and the usage of a server', () => {
  const check = signers['kubernetes.io/kubelet-serving']
  const named = { ...node, dnsNames: ['n1'] }
  assert.equal(check?.(named, ['digital signature', 'server auth']), undefined)
  assert.equal(check?.(node, ['server auth']), 'DNS or IP subjectAltName is required')
  assert.equal(
    check?.(named, usages),
    'usages did not match [digital signature key encipherment server auth]',
  )
})

function csrOf(
  spec: Partial<CertificateSigningRequest['spec']> & { readonly signerName: string },
  type?: string,
): CertificateSigningRequest {
  const lastUpdateTime = '2026-01-02T00:00:00Z'
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'one', creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: { request: '', usages, ...spec },
    ...(type && { status: { conditions: [{ type, status: 'True', lastUpdateTime }] } }),
  }
}
