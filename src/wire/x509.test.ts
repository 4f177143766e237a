import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { type CertificateContent, encodeCertificate } from './x509.ts'

const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const authorityContent: CertificateContent = {
  subject: { commonName: 'kubernetes' },
  issuer: { commonName: 'kubernetes' },
  publicKey: authority.publicKey,
  serial: Buffer.from('00', 'hex'),
  notBefore: new Date('2026-01-02T03:04:05Z'),
  notAfter: new Date('2056-01-02T03:04:05Z'),
  isAuthority: true,
  usages: [],
  names: ['kubernetes'],
  issuerKey: authority.privateKey,
  issuerPublicKey: authority.publicKey,
}

const leafContent: CertificateContent = {
  ...authorityContent,
  subject: { commonName: 'system:node:a', organizations: ['system:nodes', 'b'] },
  publicKey: keys.publicKey,
  serial: Buffer.from('ff01', 'hex'),
  notAfter: new Date('2036-01-02T03:04:05Z'),
  isAuthority: false,
  usages: ['serverAuth', 'clientAuth'],
  names: ['localhost', '172.18.0.1', '::1', `${'a'.repeat(63)}.${'b'.repeat(63)}.test`],
}

test('node:crypto reads what was written', () => {
  const ca = new X509Certificate(encodeCertificate(authorityContent))
  const leaf = new X509Certificate(encodeCertificate(leafContent))
  assert.equal(ca.ca, true)
  assert.equal(ca.validTo, 'Jan  2 03:04:05 2056 GMT')
  assert.equal(leaf.ca, false)
  assert.equal(leaf.subject, 'O=system:nodes\nO=b\nCN=system:node:a')
  assert.equal(leaf.validFrom, 'Jan  2 03:04:05 2026 GMT')
  assert.equal(leaf.serialNumber, 'FF01')
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  assert.equal(leaf.checkIP('172.18.0.1'), '172.18.0.1')
  assert.equal(leaf.checkIP('::1'), '::1')
  assert.equal(leaf.checkHost('localhost'), 'localhost')
  assert.equal(leaf.checkIssued(ca), true)
  assert.equal(leaf.verify(authority.publicKey), true)
  assert.equal(leaf.verify(keys.publicKey), false)
})

test('openssl finds nothing to object to, with its strict checks', (t) => {
  const options = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', '/dev/fd/3']
  try {
    execFileSync('openssl', ['version'])
  } catch {
    return t.skip('openssl is not on this machine')
  }
  const script = `exec 3<<E\n${encodeCertificate(authorityContent)}E\nexec openssl ${options.join(' ')}`
  const output = execFileSync('sh', ['-c', script], { input: encodeCertificate(leafContent) })
  assert.equal(output.toString(), 'stdin: OK\n')
})
