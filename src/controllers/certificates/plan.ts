// What is due for a CertificateSigningRequest: to go, to be approved, to be signed, to be told
// that it cannot be.

import { timeOf } from '../../api/time.ts'
import type { CertificateSigningRequest } from '../../api/types.gen.ts'
import type { CertificateRequest } from '../../wire/pkcs10.ts'
import { findCondition } from '../conditions.ts'
import { signers } from './signers.ts'

export type Step =
  | { readonly step: 'delete' }
  /** Once the API server has said that the requester may have it approved. */
  | { readonly step: 'approve'; readonly permission: Permission; readonly message: string }
  | { readonly step: 'sign'; readonly request: CertificateRequest }
  | { readonly step: 'fail'; readonly object: CertificateSigningRequest }
  | { readonly step: 'wait'; readonly forMs: number }

export type Permission = 'selfnodeclient' | 'nodeclient'

const hourMs = 3600_000
const pendingMs = 24 * hourMs
const kubeletClient = 'kubernetes.io/kube-apiserver-client-kubelet'

export interface Observed {
  readonly csr: CertificateSigningRequest
  /** What spec.request says, or why it cannot be read. */
  readonly request: CertificateRequest | Error
  /** When the certificate that was issued ends. */
  readonly expires?: Date
}

export function planRequest({ csr, request, expires }: Observed, now: Date): Step {
  const leftMs = leftToLive(csr, expires, now)
  if (leftMs <= 0) return { step: 'delete' }
  const { certificate, conditions } = csr.status ?? {}
  const wait: Step = { step: 'wait', forMs: leftMs }
  if (certificate || has(csr, 'Denied') || has(csr, 'Failed')) return wait
  if (!has(csr, 'Approved')) return approval(csr, request) ?? wait
  const check = signers[csr.spec.signerName]
  if (!check) return wait
  const problem = request instanceof Error ? request.message : check(request, csr.spec.usages ?? [])
  if (problem === undefined && !(request instanceof Error)) return { step: 'sign', request }
  const time = timeOf(now)
  const failed = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message: problem ?? '',
    lastUpdateTime: time,
    lastTransitionTime: time,
  }
  const status = { ...csr.status, conditions: [...(conditions ?? []), failed] }
  return { step: 'fail', object: { ...csr, status } }
}

/** A kubelet's client certificate, for itself or, from a bootstrap token, for its node. */
function approval({ spec }: CertificateSigningRequest, request: CertificateRequest | Error) {
  if (spec.signerName !== kubeletClient || request instanceof Error) return undefined
  if (signers[kubeletClient]?.(request, spec.usages ?? []) !== undefined) return undefined
  const isOwn = spec.username === request.commonName
  const what = isOwn ? 'self kubelet client certificate' : 'kubelet client certificate'
  return {
    step: 'approve',
    permission: isOwn ? 'selfnodeclient' : 'nodeclient',
    message: `Auto approving ${what} after SubjectAccessReview.`,
  } as const
}

export function approved(
  csr: CertificateSigningRequest,
  message: string,
  now: Date,
): CertificateSigningRequest {
  const time = timeOf(now)
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  }
  const conditions = [...(csr.status?.conditions ?? []), condition]
  return { ...csr, status: { ...csr.status, conditions } }
}

/** Answered requests stay an hour, others a day, issued ones no longer than the certificate. */
function leftToLive(csr: CertificateSigningRequest, expires: Date | undefined, now: Date): number {
  const { conditions = [], certificate } = csr.status ?? {}
  const createdMs = Date.parse(csr.metadata.creationTimestamp ?? '') || now.getTime()
  const answered = conditions.filter(
    ({ type }) => type === 'Denied' || type === 'Failed' || (type === 'Approved' && certificate),
  )
  const ends = answered.map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? '') + hourMs)
  if (conditions.length === 0) ends.push(createdMs + pendingMs)
  if (expires) ends.push(expires.getTime())
  const left = Math.min(...ends.filter((end) => !Number.isNaN(end))) - now.getTime()
  return Math.min(left, pendingMs)
}

const has = ({ status }: CertificateSigningRequest, type: string) =>
  findCondition(status?.conditions, type)?.status === 'True'
