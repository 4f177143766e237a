// Certificates and keys for tests: a CA, a server on 127.0.0.1, clients, a ServiceAccount key.

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { encodeCertificate, type Subject } from '../../wire/x509.ts'

export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface TestPki {
  readonly ca: string
  readonly caKey: string
  readonly server: KeyPair
  /** A client certificate for this user, its groups in O. */
  client(name: string, ...groups: readonly string[]): KeyPair
}

const authority: Subject = { commonName: 'test-ca' }

/** `names` are those of the server. */
export function createTestPki(names: readonly string[] = ['127.0.0.1', 'localhost']): TestPki {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encode = (subject: Subject, publicKey: KeyObject, isAuthority: boolean) =>
    encodeCertificate({
      subject,
      issuer: authority,
      publicKey,
      isAuthority,
      serial: Buffer.concat([Buffer.of(1), randomBytes(8)]),
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2100-01-01T00:00:00Z'),
      usages: isAuthority ? [] : ['serverAuth', 'clientAuth'],
      names: isAuthority ? [] : names,
      issuerKey: keys.privateKey,
      issuerPublicKey: keys.publicKey,
    })
  const sign = (subject: Subject): KeyPair => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return { cert: encode(subject, own.publicKey, false), key: pem(own.privateKey) }
  }
  return {
    ca: encode(authority, keys.publicKey, true),
    caKey: pem(keys.privateKey),
    server: sign({ commonName: 'kube-apiserver' }),
    client: (commonName, ...organizations) => sign({ commonName, organizations }),
  }
}

export function serviceAccountKey(): string {
  return pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
