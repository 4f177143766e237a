// JSON objects -> protobuf messages, byte for byte as upstream writes them: fields in the order of
// their numbers, zero values of fields that have no absence written out, map entries sorted by key.

import type { MessageField, MessageType, ScalarType } from '../../lib/message.ts'
import { encodeForm } from './forms.ts'
import { wireType } from './reader.ts'
import { ProtobufWriter } from './writer.ts'

export type JsonLike = Readonly<Record<string, unknown>>

export function encodeMessage(type: MessageType, object: JsonLike): Uint8Array {
  const writer = new ProtobufWriter()
  writeMessage(type, object, writer)
  return writer.finish()
}

function writeMessage(type: MessageType, object: JsonLike, writer: ProtobufWriter): void {
  for (const field of type.fields) writeField(field, object, writer)
}

function writeField(field: MessageField, object: JsonLike, writer: ProtobufWriter): void {
  const { key, container, isOptional } = field
  const value = key === '' ? object : (object[key] ?? undefined)
  if (container === 'map') {
    if (value !== undefined) writeMap(field, value as JsonLike, writer)
  } else if (container === 'list') {
    if (value === undefined) return
    for (const element of value as readonly unknown[]) writeElement(field, element, writer)
  } else if (value !== undefined || !isOptional) writeElement(field, value, writer)
}

function writeMap(field: MessageField, map: JsonLike, writer: ProtobufWriter): void {
  const entry = { ...field, number: 2 }
  for (const key of Object.keys(map).sort()) {
    const start = writer.begin(field.number)
    writer.tag(1, wireType.bytes)
    writer.text(key)
    writeElement(entry, map[key], writer)
    writer.end(start)
  }
}

/** `value` undefined stands for the zero value. */
function writeElement(
  { number, element }: MessageField,
  value: unknown,
  writer: ProtobufWriter,
): void {
  if (typeof element === 'string') writeScalar(number, element, value, writer)
  else {
    const type = element()
    const object = type.form ? encodeForm(type.form, value) : value
    const start = writer.begin(number)
    writeMessage(type, (object ?? {}) as JsonLike, writer)
    writer.end(start)
  }
}

function writeScalar(
  number: number,
  type: ScalarType,
  value: unknown,
  writer: ProtobufWriter,
): void {
  switch (type) {
    case 'string':
      writer.tag(number, wireType.bytes)
      writer.text(value === undefined ? '' : String(value))
      break
    case 'bytes':
      writer.tag(number, wireType.bytes)
      writer.bytes(bytesOf(value))
      break
    case 'bool':
      writer.tag(number, wireType.varint)
      writer.unsigned(value === true ? 1 : 0)
      break
    case 'int32':
    case 'int64':
      writer.tag(number, wireType.varint)
      writer.signed(Number(value ?? 0))
      break
    case 'double':
      writer.tag(number, wireType.fixed64)
      writer.double(Number(value ?? 0))
      break
  }
}

/** In JSON bytes are text in base64; what a form makes is bytes already. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  return Buffer.from(value === undefined ? '' : String(value), 'base64')
}
