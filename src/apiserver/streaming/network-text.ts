// A connection that failed, in Go's words: clients and people search for these.

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

export const timedOut = 'i/o timeout'

/** `address` is host:port. */
export function networkText(error: unknown, address: string): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNREFUSED') return `dial tcp ${address}: connect: connection refused`
  if (code === 'ECONNRESET') return 'EOF'
  if (code === 'EHOSTUNREACH') return `dial tcp ${address}: connect: no route to host`
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`
  const x509 = 'tls: failed to verify certificate: x509: '
  if (untrusted.has(code)) return `${x509}certificate signed by unknown authority`
  if (code === 'CERT_HAS_EXPIRED') return `${x509}certificate has expired or is not yet valid`
  return message === timedOut ? `dial tcp ${address}: ${timedOut}` : message
}
