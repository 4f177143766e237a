// CertificateSigningRequests: approved where they are a kubelet's own, signed once approved, gone
// when nobody needs them any more.

import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { isReason } from '../../api/status-error.ts'
import type { CertificateSigningRequest, SubjectAccessReview } from '../../api/types.gen.ts'
import { type ControllerShell, runWorkers } from '../../client/controller-runner.ts'
import type { ApiClient } from '../../client/create-client.ts'
import { createQueue } from '../../lib/queue.ts'
import { type CertificateRequest, decodeCertificateRequest } from '../../wire/pkcs10.ts'
import { encodeCertificate } from '../../wire/x509.ts'
import { approved, type Permission, planRequest } from './plan.ts'

/** The authority that signs, PEM. */
export interface SigningAuthority {
  readonly certificate: string
  readonly key: string
}

export interface CertificatesShell extends ControllerShell {
  readonly client: ApiClient
  /** Absent: requests are approved and cleaned up, but nobody signs. */
  readonly signing?: SigningAuthority
}

const longestLifeMs = 365 * 24 * 3600_000
/** Clocks of others may be behind. */
const leewayMs = 5 * 60_000

export async function runCertificates(shell: CertificatesShell): Promise<void> {
  const { informers, clock, signal } = shell
  const queue = createQueue({ clock, signal })
  informers.onChange('CertificateSigningRequest', ({ current }) => {
    if (current) queue.add(current.metadata.name)
  })
  await runWorkers({ name: 'certificate-controller', queue, shell }, (name) => sync(name, shell))
}

async function sync(name: string, shell: CertificatesShell): Promise<number | undefined> {
  const { client, informers, clock, signing } = shell
  const kind = 'CertificateSigningRequest'
  const csr = informers.listers[kind].get({ name })
  if (!csr) return undefined
  const step = planRequest({ csr, request: requestOf(csr), ...expiryOf(csr) }, clock.now())
  switch (step.step) {
    case 'delete':
      await client.delete(kind, { name }).catch(unlessGone)
      return undefined
    case 'approve':
      if (await isAllowed(csr, step.permission, client)) {
        await client.update(kind, approved(csr, step.message, clock.now()), 'approval')
      }
      return undefined
    case 'sign': {
      if (!signing) return undefined
      const pem = signed(step.request, csr, { ...signing, now: clock.now() })
      const status = { ...csr.status, certificate: Buffer.from(pem).toString('base64') }
      await client.update(kind, { ...csr, status }, 'status')
      return undefined
    }
    case 'fail':
      await client.update(kind, step.object, 'status')
      return undefined
    case 'wait':
      return step.forMs
  }
}

function unlessGone(error: unknown): void {
  if (!isReason(error, 'NotFound')) throw error
}

function requestOf({ spec }: CertificateSigningRequest): CertificateRequest | Error {
  try {
    return decodeCertificateRequest(Buffer.from(spec.request, 'base64').toString())
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function expiryOf({ status }: CertificateSigningRequest): { readonly expires?: Date } {
  if (!status?.certificate) return {}
  try {
    const certificate = new X509Certificate(Buffer.from(status.certificate, 'base64'))
    return { expires: certificate.validToDate }
  } catch {
    // Another signer's business: its certificate only has to be PEM.
    return {}
  }
}

async function isAllowed(
  { spec }: CertificateSigningRequest,
  subresource: Permission,
  { dynamic }: ApiClient,
): Promise<boolean> {
  const { username, uid, groups, extra } = spec
  const review = await dynamic.json('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      ...{ user: username, uid, groups, extra },
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        version: '*',
        subresource,
      },
    },
  })
  return (review as SubjectAccessReview).status?.allowed ?? false
}

function signed(
  request: CertificateRequest,
  { spec }: CertificateSigningRequest,
  { certificate, key, now }: SigningAuthority & { readonly now: Date },
): string {
  const authority = new X509Certificate(certificate)
  const issuerName = /CN=(.*)/.exec(authority.subject)?.[1] ?? ''
  const lifeMs = Math.min((spec.expirationSeconds ?? Infinity) * 1000, longestLifeMs)
  const endMs = Math.min(now.getTime() + lifeMs, authority.validToDate.getTime())
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  const { commonName, organizations, publicKey, dnsNames, ipAddresses } = request
  return encodeCertificate({
    subject: { commonName, organizations },
    issuer: { commonName: issuerName },
    publicKey,
    serial,
    notBefore: new Date(now.getTime() - leewayMs),
    notAfter: new Date(endMs),
    isAuthority: false,
    usages: [
      ...(spec.usages?.includes('server auth') ? (['serverAuth'] as const) : []),
      ...(spec.usages?.includes('client auth') ? (['clientAuth'] as const) : []),
    ],
    names: [...dnsNames, ...ipAddresses],
    issuerKey: createPrivateKey(key),
    issuerPublicKey: createPublicKey(key),
  })
}
