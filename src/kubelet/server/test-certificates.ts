// A CA with a server's and a client's certificate, for tests of the kubelet's server.

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { encodeCertificate, type Subject } from '../../wire/x509.ts'

const authority: Subject = { commonName: 'test-ca' }

export function testCertificates(client: Subject) {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let serial = 0
  const encode = (subject: Subject, publicKey: KeyObject, isAuthority: boolean) =>
    encodeCertificate({
      subject,
      issuer: authority,
      publicKey,
      isAuthority,
      serial: Buffer.of(++serial),
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2100-01-01T00:00:00Z'),
      usages: isAuthority ? [] : ['serverAuth', 'clientAuth'],
      names: isAuthority ? [] : ['127.0.0.1', 'localhost'],
      issuerKey: ca.privateKey,
      issuerPublicKey: ca.publicKey,
    })
  const issue = (subject: Subject) => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { cert: encode(subject, own.publicKey, false), key }
  }
  return {
    ca: encode(authority, ca.publicKey, true),
    server: issue({ commonName: 'kubelet' }),
    client: issue(client),
  }
}
