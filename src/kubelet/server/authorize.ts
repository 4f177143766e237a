// Who may speak to a kubelet: the API server, and administrators, by a certificate of the CA.

import type { TLSSocket } from 'node:tls'

const trustedNames = ['kube-apiserver-kubelet-client', 'kube-apiserver']
const trustedGroups = ['system:masters', 'kubeadm:cluster-admins']

/** Undefined when allowed; else the HTTP status to answer. */
export function refusal(socket: TLSSocket): 401 | 403 | undefined {
  if (!socket.authorized) return 401
  const { subject } = socket.getPeerCertificate()
  const names = [subject?.CN ?? ''].flat()
  const groups = [subject?.O ?? []].flat()
  const isTrusted =
    names.some((name) => trustedNames.includes(name)) ||
    groups.some((group) => trustedGroups.includes(group))
  return isTrusted ? undefined : 403
}
