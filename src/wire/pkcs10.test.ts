import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { decodeCertificateRequest } from './pkcs10.ts'

function openssl(...args: readonly string[]): string {
  const fixed = ['req', '-new', '-nodes', '-keyout', '/dev/null']
  return execFileSync('openssl', [...fixed, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString()
}

const subject = ['-subj', '/O=devs/O=ops/CN=jane']
const names = 'subjectAltName=DNS:a.example,IP:10.0.0.1,IP:fd00::1,email:j@a.example,URI:urn:j'

test('reads what openssl writes, with keys of every kind', () => {
  const keys = [
    ['-newkey', 'rsa:2048'],
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1', '-sha384'],
    ['-newkey', 'ed25519'],
  ]
  for (const key of keys) {
    const { publicKey, ...said } = decodeCertificateRequest(
      openssl(...key, ...subject, '-addext', names),
    )
    assert.deepEqual(said, {
      commonName: 'jane',
      organizations: ['devs', 'ops'],
      dnsNames: ['a.example'],
      ipAddresses: ['10.0.0.1', 'fd00:0:0:0:0:0:0:1'],
      emails: ['j@a.example'],
      uris: ['urn:j'],
    })
    assert.equal(publicKey.type, 'public')
  }
})

test('refuses what its key did not sign, and what is no request', () => {
  const pem = openssl('-newkey', 'ed25519', ...subject)
  const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
  der[der.indexOf('jane')] = 'J'.charCodeAt(0)
  const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  assert.throws(() => decodeCertificateRequest(changed), {
    message: 'x509: signature of the request is not by its key',
  })
  assert.throws(() => decodeCertificateRequest('hello'), {
    message: 'PEM block type must be CERTIFICATE REQUEST',
  })
})
