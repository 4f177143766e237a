// Codec: X.509 v3 certificates over ECDSA P-256 keys, DER (RFC 5280, X.690). In: what a certificate
// says and the key that signs it. Out: PEM. Reading certificates is node:crypto's.

import { createHash, type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Subject {
  readonly commonName: string
  /** Groups, as Kubernetes reads them. */
  readonly organizations?: readonly string[]
}

export interface CertificateContent {
  readonly subject: Subject
  readonly issuer: Subject
  readonly publicKey: KeyObject
  /** Positive, up to 20 bytes. */
  readonly serial: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly isAuthority: boolean
  readonly usages: readonly ('serverAuth' | 'clientAuth')[]
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  /** Of the issuer; its own for a self-signed certificate. */
  readonly issuerKey: KeyObject
  readonly issuerPublicKey: KeyObject
}

/**
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }
 */
export function encodeCertificate(content: CertificateContent): string {
  const tbs = toBeSigned(content)
  const signature = sign('sha256', tbs, content.issuerKey)
  const der = sequence(tbs, ecdsaWithSha256, bitString(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * TBSCertificate ::= SEQUENCE { [0] version 2 (v3), serialNumber, signature, issuer, validity,
 *   subject, subjectPublicKeyInfo, [3] extensions }
 */
function toBeSigned(content: CertificateContent): Buffer {
  const spki = content.publicKey.export({ type: 'spki', format: 'der' })
  return sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(content.serial),
    ecdsaWithSha256,
    name(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    name(content.subject),
    spki,
    tagged(0xa3, sequence(...extensions(content))),
  )
}

/** Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function extensions(content: CertificateContent): readonly Buffer[] {
  const { isAuthority, usages, names, publicKey, issuerPublicKey } = content
  const extension = (id: number, isCritical: boolean, value: Buffer) =>
    sequence(oid(2, 5, 29, id), ...(isCritical ? [boolean(true)] : []), octets(value))
  // Bits from the left: digitalSignature 0, keyCertSign 5, cRLSign 6.
  const keyUsage = isAuthority ? [1, 0b10000110] : [7, 0b10000000]
  return [
    extension(15, true, tagged(0x03, Buffer.from(keyUsage))),
    ...(usages.length > 0
      ? [extension(37, false, sequence(...usages.map((usage) => purpose[usage])))]
      : []),
    extension(19, true, isAuthority ? sequence(boolean(true)) : sequence()),
    ...(isAuthority ? [extension(14, false, octets(keyId(publicKey)))] : []),
    extension(35, false, sequence(tagged(0x80, keyId(issuerPublicKey)))),
    ...(names.length > 0 ? [extension(17, false, sequence(...names.map(generalName)))] : []),
  ]
}

/** Name ::= SEQUENCE OF (SET OF SEQUENCE { type, value UTF8String }); O 2.5.4.10, CN 2.5.4.3. */
function name({ organizations = [], commonName }: Subject): Buffer {
  const attribute = (type: number, value: string) =>
    tagged(0x31, sequence(oid(2, 5, 4, type), tagged(0x0c, Buffer.from(value))))
  return sequence(
    ...organizations.map((organization) => attribute(10, organization)),
    attribute(3, commonName),
  )
}

/** GeneralName: [2] dNSName IA5String, [7] iPAddress of 4 or 16 bytes. */
function generalName(value: string): Buffer {
  return isIP(value) ? tagged(0x87, addressBytes(value)) : tagged(0x82, Buffer.from(value))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text = '') => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const all = tail === undefined ? before : [...before, ...zeros, ...after]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** RFC 5280 4.2.1.2: SHA-1 of the public key's bits, which end the SubjectPublicKeyInfo. */
function keyId(key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' })
  // An uncompressed point of P-256: 04, then two coordinates of 32 bytes.
  return createHash('sha1').update(spki.subarray(-65)).digest()
}

/** UTCTime up to 2049, GeneralizedTime from 2050, both to the second in UTC. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(text.slice(2)))
    : tagged(0x18, Buffer.from(text))
}

/** Tag, length (short form below 128, else the count of its bytes and these), content. */
function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  const digits = length.toString(16)
  const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content])
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

/** Unsigned: a leading zero where the first bit would read as a sign, none where it is spare. */
function integer(value: Uint8Array): Buffer {
  const first = value.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Buffer.of(0) : value.subarray(first)
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0
  return tagged(0x02, isNegative ? Buffer.concat([Buffer.of(0), digits]) : digits)
}

/** The first byte says how many bits of the last are unused: none. */
function bitString(content: Uint8Array): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), content]))
}

function octets(content: Uint8Array): Buffer {
  return tagged(0x04, content)
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0))
}

/** The first two numbers share a byte; each other is base 128, all but its last byte marked. */
function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const base128 = (value: number): number[] =>
    value < 128 ? [value] : [...base128(value >> 7).map((byte) => byte | 0x80), value & 0x7f]
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2))

const purpose = {
  serverAuth: oid(1, 3, 6, 1, 5, 5, 7, 3, 1),
  clientAuth: oid(1, 3, 6, 1, 5, 5, 7, 3, 2),
} as const
