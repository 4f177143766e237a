// Driver: the keys and certificates of a cluster, made once and kept in pki/. Safe to run again:
// what is there and still good stays, what is missing, changed or about to expire is made anew.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { encodeCertificate, type Subject } from '../wire/x509.ts'
import {
  type Authority,
  authorities,
  type CertificateEntry,
  certificateTable,
} from './certificates.ts'
import type { ClusterConfig } from './config.ts'

const dayMs = 24 * 3600_000
const authorityLifeMs = 3650 * dayMs
const certificateLifeMs = 365 * dayMs
/** A clock that was set back a little must not make a new certificate invalid. */
const leewayMs = 3600_000
/** A certificate this close to its end is replaced at the next start. */
const renewalMs = 60 * dayMs

/** Takes about 1 ms a certificate. `folder` is made if need be; keys are readable by their owner. */
export function ensurePki(config: ClusterConfig, folder: string, now: Date): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const issuers = {
    ca: ensureAuthority(folder, 'ca', now),
    'front-proxy-ca': ensureAuthority(folder, 'front-proxy-ca', now),
  }
  for (const entry of certificateTable(config)) {
    ensureCertificate(folder, entry, { ...issuers[entry.authority], now })
  }
  ensureServiceAccountKey(folder)
}

interface Issuer {
  readonly subject: Subject
  readonly key: KeyObject
  readonly publicKey: KeyObject
}

function ensureAuthority(folder: string, authority: Authority, now: Date): Issuer {
  const subject = authorities[authority]
  const keyFile = join(folder, `${authority}.key`)
  if (existsSync(keyFile) && existsSync(join(folder, `${authority}.crt`))) {
    const key = createPrivateKey(readFileSync(keyFile))
    return { subject, key, publicKey: createPublicKey(readFileSync(keyFile)) }
  }
  const { privateKey: key, publicKey } = newKeys()
  const certificate = encodeCertificate({
    subject,
    issuer: subject,
    publicKey,
    issuerKey: key,
    issuerPublicKey: publicKey,
    serial: newSerial(),
    notBefore: new Date(now.getTime() - leewayMs),
    notAfter: new Date(now.getTime() + authorityLifeMs),
    isAuthority: true,
    usages: [],
    names: authority === 'ca' ? ['kubernetes'] : ['front-proxy-ca'],
  })
  save(folder, authority, { key, certificate })
  return { subject, key, publicKey }
}

function ensureCertificate(
  folder: string,
  entry: CertificateEntry,
  issuer: Issuer & { readonly now: Date },
): void {
  const path = join(folder, `${entry.file}.crt`)
  if (existsSync(path) && isGood(readFileSync(path), entry, issuer)) return
  const { privateKey: key, publicKey } = newKeys()
  const { subject, usages, names } = entry
  const certificate = encodeCertificate({
    subject,
    issuer: issuer.subject,
    publicKey,
    issuerKey: issuer.key,
    issuerPublicKey: issuer.publicKey,
    serial: newSerial(),
    notBefore: new Date(issuer.now.getTime() - leewayMs),
    notAfter: new Date(issuer.now.getTime() + certificateLifeMs),
    isAuthority: false,
    usages,
    names,
  })
  save(folder, entry.file, { key, certificate })
}

function isGood(
  pem: Uint8Array,
  { names }: CertificateEntry,
  { publicKey, now }: { readonly publicKey: KeyObject; readonly now: Date },
): boolean {
  const certificate = new X509Certificate(pem)
  const covers = (name: string) =>
    isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)
  return (
    certificate.validToDate.getTime() - now.getTime() > renewalMs &&
    certificate.verify(publicKey) &&
    names.every(covers)
  )
}

/** Signs and verifies ServiceAccount tokens. */
function ensureServiceAccountKey(folder: string): void {
  if (existsSync(join(folder, 'sa.pub'))) return
  const { privateKey, publicKey } = newKeys()
  writeFileSync(join(folder, 'sa.key'), pemOf(privateKey), { mode: 0o600 })
  writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
}

function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** 16 bytes, the first bit clear: positive, and no two alike. */
function newSerial(): Uint8Array {
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  return serial
}

/** The certificate last: where it is, its key is there too. */
function save(
  folder: string,
  file: string,
  { key, certificate }: { readonly key: KeyObject; readonly certificate: string },
): void {
  writeFileSync(join(folder, `${file}.key`), pemOf(key), { mode: 0o600 })
  writeFileSync(join(folder, `${file}.crt`), certificate)
}

/** SEC1, as kubeadm writes EC keys. */
function pemOf(key: KeyObject): string {
  return key.export({ type: 'sec1', format: 'pem' }).toString()
}
