// How protobuf objects travel: four magic bytes "k8s\0", then runtime.Unknown
// {typeMeta=1 {apiVersion=1, kind=2}, raw=2, contentEncoding=3, contentType=4}; and the frames of
// a watch: a 32-bit big-endian length, then a bare WatchEvent {type=1, object=2 {raw=1}}.

import { ProtobufError, ProtobufReader, wireType } from './reader.ts'
import { ProtobufWriter } from './writer.ts'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

const magic = Buffer.from('k8s\0', 'latin1')

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  /** The object's own message. */
  readonly raw: Uint8Array
}

/** Throws ProtobufError. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!magic.equals(bytes.subarray(0, magic.length))) {
    throw new ProtobufError(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    )
  }
  const reader = new ProtobufReader(bytes, magic.length)
  let type = { apiVersion: '', kind: '' }
  let raw: Uint8Array = new Uint8Array()
  while (!reader.isAtEnd) {
    const { number, type: wire } = reader.tag()
    if (number === 1) type = readType(reader.message())
    else if (number === 2) raw = reader.bytes()
    else reader.skip(wire)
  }
  return { ...type, raw }
}

function readType(reader: ProtobufReader): { apiVersion: string; kind: string } {
  const type = { apiVersion: '', kind: '' }
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    if (tag.number === 1) type.apiVersion = reader.text()
    else if (tag.number === 2) type.kind = reader.text()
    else reader.skip(tag.type)
  }
  return type
}

export function sealEnvelope({ apiVersion, kind, raw }: Envelope): Uint8Array {
  return Buffer.concat(sealPieces({ apiVersion, kind, pieces: [raw] }))
}

/** As sealEnvelope, of a message in pieces, which are not copied. */
export function sealPieces({
  apiVersion,
  kind,
  pieces,
}: Omit<Envelope, 'raw'> & { readonly pieces: readonly Uint8Array[] }): Uint8Array[] {
  const head = new ProtobufWriter()
  head.message(1, () => {
    head.tag(1, wireType.bytes)
    head.text(apiVersion)
    head.tag(2, wireType.bytes)
    head.text(kind)
  })
  head.tag(2, wireType.bytes)
  head.unsigned(pieces.reduce((sum, { length }) => sum + length, 0))
  const tail = new ProtobufWriter()
  for (const number of [3, 4]) {
    tail.tag(number, wireType.bytes)
    tail.text('')
  }
  return [magic, head.finish(), ...pieces, tail.finish()]
}

/** One frame of a watch; `object` is an enveloped object. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter()
  writer.tag(1, wireType.bytes)
  writer.text(type)
  writer.message(2, () => {
    writer.tag(1, wireType.bytes)
    writer.bytes(object)
  })
  const event = writer.finish()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(event.length)
  return Buffer.concat([length, event])
}

export interface WatchFrame {
  readonly type: string
  readonly object: Uint8Array
}

/** The event of one frame, whose length has been taken off. */
export function openWatchEvent(bytes: Uint8Array): WatchFrame {
  const reader = new ProtobufReader(bytes)
  let type = ''
  let object: Uint8Array = new Uint8Array()
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    if (tag.number === 1) type = reader.text()
    else if (tag.number === 2) object = rawOf(reader.message())
    else reader.skip(tag.type)
  }
  return { type, object }
}

function rawOf(reader: ProtobufReader): Uint8Array {
  let raw: Uint8Array = new Uint8Array()
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    if (tag.number === 1) raw = reader.bytes()
    else reader.skip(tag.type)
  }
  return raw
}
