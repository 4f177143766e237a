import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '../../src/api/types.gen.ts'
import { startControlPlane } from './control-plane.ts'

/** As openssl makes it. */
function requestFor(subject: string, ...more: readonly string[]): string {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = ['req', '-new', ...key, '-keyout', '/dev/null', '-subj', subject, ...more]
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString('base64')
}

function csr(name: string, spec: CertificateSigningRequest['spec']): CertificateSigningRequest {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec,
  }
}

test('what is approved is signed; a kubelet is approved by itself; a wrong one is told', async () => {
  await using plane = await startControlPlane([])
  const { client, informers, eventually } = plane
  const lister = informers.listers.CertificateSigningRequest
  const certificateOf = (name: string) => () => lister.get({ name })?.status?.certificate
  const conditionsOf = (name: string) =>
    lister.get({ name })?.status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)

  const jane = await client.create(
    'CertificateSigningRequest',
    csr('jane', {
      request: requestFor('/O=devs/CN=jane', '-addext', 'subjectAltName=DNS:jane.example'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 3600,
    }),
  )
  const approval = { type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'yes' }
  await client.update(
    'CertificateSigningRequest',
    { ...jane, status: { conditions: [approval] } },
    'approval',
  )
  const pem = await eventually('jane signed', certificateOf('jane'))
  const certificate = new X509Certificate(Buffer.from(pem, 'base64'))
  assert.deepEqual(
    [certificate.subject, certificate.issuer, certificate.subjectAltName, certificate.keyUsage],
    ['O=devs\nCN=jane', 'CN=test-ca', 'DNS:jane.example', ['1.3.6.1.5.5.7.3.2']],
  )

  const node = {
    request: requestFor('/O=system:nodes/CN=system:node:n1'),
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['client auth', 'digital signature'],
  } as const
  await client.create('CertificateSigningRequest', csr('node', node))
  await eventually('node signed', certificateOf('node'))
  assert.deepEqual(conditionsOf('node'), ['Approved AutoApproved'])

  const serving = { ...node, signerName: 'kubernetes.io/kubelet-serving' }
  const wrong = await client.create('CertificateSigningRequest', csr('wrong', serving))
  await client.update(
    'CertificateSigningRequest',
    { ...wrong, status: { conditions: [approval] } },
    'approval',
  )
  await eventually('wrong told', () => conditionsOf('wrong')?.length === 2)
  assert.deepEqual(conditionsOf('wrong'), [
    'Approved KubectlApprove',
    'Failed SignerValidationFailure',
  ])
})
