// Who is at the other end of a connection, by the client certificate: a user, or a front proxy that
// speaks for users. Which authority vouches for the certificate decides.

import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { certificateUser } from './certificate-user.ts'
import type { Peer } from './exchange.ts'
import type { FrontProxyTrust, TlsFiles } from './tls-front.ts'

export function createPeerReader({ clientCa, frontProxy }: TlsFiles): (socket: TLSSocket) => Peer {
  const users = frontProxy && authoritiesIn(clientCa)
  const proxies = frontProxy && authoritiesIn(frontProxy.ca)
  return (socket) => {
    const address = socket.remoteAddress ?? ''
    if (!users || !proxies) return { address, certificateUser: certificateUser(socket) }
    const chain = socket.authorized ? chainOf(socket.getPeerCertificate(true)) : []
    const isFrom = (authorities: ReadonlySet<string>) =>
      chain.some(({ fingerprint256 }) => authorities.has(fingerprint256))
    return {
      address,
      certificateUser: isFrom(users) ? certificateUser(socket) : undefined,
      isFrontProxy: isFrom(proxies) && isAllowed(chain[0], frontProxy),
    }
  }
}

function authoritiesIn(pem: string): ReadonlySet<string> {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return new Set(certificates.map((text) => new X509Certificate(text).fingerprint256))
}

/** From the client's own to the one that signed itself. */
function chainOf(first: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  let next: DetailedPeerCertificate | undefined = first
  while (next?.raw && !chain.includes(next)) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

function isAllowed(
  certificate: DetailedPeerCertificate | undefined,
  { allowedNames }: FrontProxyTrust,
): boolean {
  const { CN = [] } = certificate?.subject ?? {}
  const [name = ''] = [CN].flat()
  return allowedNames.length === 0 || allowedNames.includes(name)
}
