// The user a verified client certificate stands for: the last CN is the name, each O a group.

import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { UserInfo } from '../request.ts'

/** Undefined without a certificate, and for one that does not verify against the CA. */
export function certificateUser(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined
  const { subject, raw } = socket.getPeerCertificate()
  const name = list(subject?.CN).at(-1)
  if (!name) return undefined
  const fingerprint = createHash('sha256').update(raw).digest('hex')
  return {
    name,
    groups: list(subject.O),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

/** Node gives a repeated part of the subject as an array. */
function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
