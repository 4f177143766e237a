// Protobuf messages -> the JSON objects they stand for. Unknown fields are skipped, as upstream
// does. What comes out has not been checked against the kind: conform does that.

import type { MessageField, MessageType, ScalarType } from '../../lib/message.ts'
import { decodeForm } from './forms.ts'
import { ProtobufError, ProtobufReader } from './reader.ts'

export type WireObject = Record<string, unknown>

export function decodeMessage(type: MessageType, bytes: Uint8Array): WireObject {
  return readMessage(type, new ProtobufReader(bytes), {})
}

/** How deep messages may nest; JSON schemas are the only ones that nest themselves. */
const depthLimit = 200

export function readMessage(
  type: MessageType,
  reader: ProtobufReader,
  object: WireObject,
  depth = 0,
): WireObject {
  if (depth > depthLimit) throw new ProtobufError('proto: message nested too deeply')
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const field = type.byNumber.get(tag.number)
    if (field) readField(field, reader, object, depth)
    else reader.skip(tag.type)
  }
  return object
}

function readField(
  field: MessageField,
  reader: ProtobufReader,
  object: WireObject,
  depth: number,
): void {
  const { key, container } = field
  if (container === 'map') readEntry(field, reader.message(), objectAt(object, key), depth)
  else if (container === 'list') listAt(object, key).push(readElement(field, reader, object, depth))
  else {
    const value = readElement(field, reader, object, depth)
    if (key !== '') object[key] = value
  }
}

function objectAt(object: WireObject, key: string): WireObject {
  const present = object[key] as WireObject | undefined
  if (present) return present
  const made: WireObject = {}
  object[key] = made
  return made
}

function listAt(object: WireObject, key: string): unknown[] {
  const present = object[key] as unknown[] | undefined
  if (present) return present
  const made: unknown[] = []
  object[key] = made
  return made
}

/** A map travels as a list of {key=1, value=2}. */
function readEntry(
  field: MessageField,
  reader: ProtobufReader,
  map: WireObject,
  depth: number,
): void {
  let key = ''
  let value: unknown = typeof field.element === 'string' ? zeroOf(field.element) : undefined
  while (!reader.isAtEnd) {
    const { number, type } = reader.tag()
    if (number === 1) key = reader.text()
    else if (number === 2) value = readElement(field, reader, {}, depth)
    else reader.skip(type)
  }
  // Any key is one of the map's own, __proto__ too.
  const own = { value: value ?? {}, writable: true, enumerable: true, configurable: true }
  if (key === '__proto__') Object.defineProperty(map, key, own)
  else map[key] = value ?? {}
}

function zeroOf(type: ScalarType): string | number | boolean {
  if (type === 'bool') return false
  return type === 'string' || type === 'bytes' ? '' : 0
}

function readElement(
  { element }: MessageField,
  reader: ProtobufReader,
  around: WireObject,
  depth: number,
): unknown {
  if (typeof element === 'string') return readScalar(element, reader)
  const type = element()
  const inner = reader.message()
  if (type.form === 'inline') return readMessage(type, inner, around, depth + 1)
  const object = readMessage(type, inner, {}, depth + 1)
  return type.form ? decodeForm(type.form, object) : object
}

function readScalar(type: ScalarType, reader: ProtobufReader): unknown {
  switch (type) {
    case 'string':
      return reader.text()
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64')
    case 'bool':
      return reader.unsigned() !== 0
    case 'int32':
    case 'int64':
      return reader.signed()
    case 'double':
      return reader.double()
  }
}
