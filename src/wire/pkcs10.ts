// Codec: PKCS#10 certificate requests (RFC 2986), DER in PEM. In: the text of a request. Out: whom
// it is for, under which names, with which key, and that who sent it holds that key.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emails: readonly string[]
  readonly uris: readonly string[]
  readonly publicKey: KeyObject
}

/** Throws for what is no such request, and for one whose signature its key did not make. */
export function decodeCertificateRequest(pem: string): CertificateRequest {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1]
  if (body === undefined) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  // CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, signature BIT STRING }
  const [info, algorithm, signature] = inside(readValue(Buffer.from(body, 'base64'), 0))
  if (!info || !algorithm || !signature) throw new Error('asn1: structure error')
  // info ::= SEQUENCE { version, subject, subjectPublicKeyInfo, [0] attributes }
  const [, subject, key, attributes] = inside(info)
  if (!subject || !key) throw new Error('asn1: structure error')
  const publicKey = createPublicKey({ key: key.whole, format: 'der', type: 'spki' })
  // The first byte of a BIT STRING counts unused bits: none.
  const hash = hashes[inside(algorithm)[0]?.content.toString('hex') ?? '']
  if (hash === undefined) throw new Error('x509: cannot verify signature: algorithm unimplemented')
  if (!verify(hash, info.whole, publicKey, signature.content.subarray(1))) {
    throw new Error('x509: signature of the request is not by its key')
  }
  return { ...subjectOf(subject), ...namesOf(attributes), publicKey }
}

interface Value {
  readonly tag: number
  readonly content: Buffer
  /** Tag and length included. */
  readonly whole: Buffer
}

/** Tag, length (short form below 128, else the count of its bytes and these), content. */
function readValue(bytes: Buffer, start: number): Value {
  const first = bytes[start + 1] ?? 0
  const extra = first < 128 ? 0 : first & 0x7f
  if (extra > 4) throw new Error('asn1: length too large')
  const length = extra === 0 ? first : bytes.readUIntBE(start + 2, extra)
  const from = start + 2 + extra
  if (from + length > bytes.length) throw new Error('asn1: data truncated')
  return {
    tag: bytes[start] ?? 0,
    content: bytes.subarray(from, from + length),
    whole: bytes.subarray(start, from + length),
  }
}

function inside({ content }: Value): readonly Value[] {
  const values: Value[] = []
  for (let at = 0; at < content.length; ) {
    const value = readValue(content, at)
    values.push(value)
    at += value.whole.length
  }
  return values
}

/** Name ::= SEQUENCE OF (SET OF SEQUENCE { type, value }); CN 2.5.4.3, O 2.5.4.10. */
function subjectOf(subject: Value): Pick<CertificateRequest, 'commonName' | 'organizations'> {
  const attributes = inside(subject).flatMap(inside).map(inside)
  const all = (type: string) =>
    attributes.flatMap(([id, value]) =>
      id?.content.toString('hex') === type && value ? [value.content.toString()] : [],
    )
  return { commonName: all('550403').at(-1) ?? '', organizations: all('55040a') }
}

type Names = Pick<CertificateRequest, 'dnsNames' | 'ipAddresses' | 'emails' | 'uris'>

/** Attribute extensionRequest (1.2.840.113549.1.9.14) holds subjectAltName (2.5.29.17). */
function namesOf(attributes: Value | undefined): Names {
  const extensions = (attributes ? inside(attributes) : []).flatMap((attribute) => {
    const [id, values] = inside(attribute)
    const isRequest = id?.content.toString('hex') === '2a864886f70d01090e'
    return isRequest && values ? inside(values).flatMap(inside) : []
  })
  const found = extensions.find(
    (extension) => inside(extension)[0]?.content.toString('hex') === '551d11',
  )
  const octets = found && inside(found).at(-1)
  const names = octets ? inside(readValue(octets.content, 0)) : []
  const texts = (tag: number) =>
    names.filter((name) => name.tag === tag).map(({ content }) => content.toString('latin1'))
  return {
    dnsNames: texts(0x82),
    ipAddresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => addressOf(content)),
    emails: texts(0x81),
    uris: texts(0x86),
  }
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.')
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/** By the algorithm's object identifier; null: the algorithm hashes by itself (Ed25519). */
const hashes: Readonly<Record<string, string | null>> = {
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2b6570': null,
}
