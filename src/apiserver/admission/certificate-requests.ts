// CertificateSigningRequests: the server says who asks, never the request; nobody asks to become
// a member of system:masters; who approves or signs must be allowed to for that signer.

import { asDraft, draftAs } from '../../api/draft.ts'
import { invalid, toInvalid } from '../../api/field-error.ts'
import type { CertificateSigningRequest } from '../../api/types.gen.ts'
import { decodeCertificateRequest } from '../../wire/pkcs10.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  isAbout,
  refusal,
} from './admission.ts'

const group = 'certificates.k8s.io'
const plural = 'certificatesigningrequests'

/** What upstream's registry does for every request: spec says who was authenticated. */
export const certificateRequester: AdmissionPlugin = {
  name: 'CertificateRequester',
  handles: (request) => request.operation === 'CREATE' && isAbout(request, group, plural),
  mutate({ object, user }) {
    const csr = draftAs<CertificateSigningRequest>(object ?? {})
    const { username: _, uid: __, groups: ___, extra: ____, ...asked } = csr.spec ?? {}
    csr.spec = {
      ...asked,
      username: user.name,
      groups: [...user.groups],
      ...(user.uid && { uid: user.uid }),
      ...(user.extra && { extra: extraOf(user.extra) }),
    }
  },
  validate({ object, name }) {
    const { spec } = draftAs<CertificateSigningRequest>(object ?? {})
    const problem = requestProblem(spec?.request)
    if (problem === undefined) return
    const kind = { group, kind: 'CertificateSigningRequest' }
    throw toInvalid(kind, name, [invalid('spec.request', spec?.request ?? '', problem)])
  },
}

/** Why these are not a request signed with its own key. */
function requestProblem(request = ''): string | undefined {
  try {
    decodeCertificateRequest(Buffer.from(request, 'base64').toString())
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const extraOf = (extra: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, [...values]]))

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (request) => request.operation === 'CREATE' && isAbout(request, group, plural),
  validate(request) {
    const { spec } = draftAs<CertificateSigningRequest>(request.object ?? {})
    if (spec?.signerName !== 'kubernetes.io/kube-apiserver-client') return
    if (organizationsOf(spec.request).includes('system:masters')) {
      throw refusal(
        request,
        'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
      )
    }
  },
}

/** None where the request cannot be read: nobody will sign that one. */
function organizationsOf(request: string | undefined): readonly string[] {
  try {
    return decodeCertificateRequest(Buffer.from(request ?? '', 'base64').toString()).organizations
  } catch {
    return []
  }
}

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: (request) =>
    request.operation === 'UPDATE' && isAbout(request, group, plural, 'approval'),
  validate: (request, support) => assertMay('approve', request, support),
}

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (request) => request.operation === 'UPDATE' && isAbout(request, group, plural, 'status'),
  validate: (request, support) => assertMay('sign', request, support),
}

/** Roles may name one signer, or all of a domain. */
function assertMay(
  verb: 'approve' | 'sign',
  request: AdmissionRequest,
  { authorize }: AdmissionSupport,
): void {
  const old = draftAs<CertificateSigningRequest>(asDraft(request.old ?? {}))
  const signer = old.spec?.signerName ?? ''
  const isAllowed = [signer, `${signer.split('/')[0]}/*`].some((name) => {
    const asked = { verb, group, resource: 'signers', name, subresource: '', namespace: '' }
    return authorize?.(request.user, { ...asked, isResourceRequest: true, path: '' }).allowed
  })
  if (!isAllowed) {
    const quoted = JSON.stringify(signer)
    throw refusal(request, `user not permitted to ${verb} requests with signerName ${quoted}`)
  }
}
