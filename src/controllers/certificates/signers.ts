// Table: the signers of a cluster, and what a request must be like for each.

import type { CertificateSigningRequest } from '../../api/types.gen.ts'
import type { CertificateRequest } from '../../wire/pkcs10.ts'

type Usages = NonNullable<CertificateSigningRequest['spec']['usages']>

/** Says what is wrong with a request, or undefined. */
type Check = (request: CertificateRequest, usages: Usages) => string | undefined

export const signers: Readonly<Record<string, Check>> = {
  'kubernetes.io/kube-apiserver-client': (_, usages) =>
    usages.every((usage) => mayClient.includes(usage)) && usages.includes('client auth')
      ? undefined
      : `invalid usages for client certificate: [${usages.join(' ')}]`,
  'kubernetes.io/kube-apiserver-client-kubelet': (request, usages) =>
    problemOfNode(request) ??
    (request.dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (request.ipAddresses.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    problemOfUsages(usages, 'client auth'),
  'kubernetes.io/kubelet-serving': (request, usages) =>
    problemOfNode(request) ??
    (request.dnsNames.length + request.ipAddresses.length === 0
      ? 'DNS or IP subjectAltName is required'
      : undefined) ??
    problemOfUsages(usages, 'server auth'),
}

const mayClient = ['digital signature', 'key encipherment', 'client auth']

function problemOfNode(request: CertificateRequest): string | undefined {
  const { organizations, commonName, emails, uris } = request
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') {
    return 'subject organization is not system:nodes'
  }
  if (emails.length > 0) return 'Email subjectAltNames are not allowed'
  if (uris.length > 0) return 'URI subjectAltNames are not allowed'
  return commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node:'
}

/** Keys that are not RSA do not encipher: that usage may be missing. */
function problemOfUsages(usages: Usages, purpose: Usages[number]): string | undefined {
  const wanted = ['digital signature', 'key encipherment', purpose].toSorted()
  const given = [...new Set([...usages, 'key encipherment'])].toSorted()
  return given.join() === wanted.join() ? undefined : `usages did not match [${wanted.join(' ')}]`
}
