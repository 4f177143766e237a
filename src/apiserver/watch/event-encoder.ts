// Watch events as bytes: newline-ended JSON, or length-prefixed protobuf frames. Objects come as
// stored bytes; plain JSON watches splice them, every other form decodes once per event.

import type { StatusError } from '../../api/status-error.ts'
import type { ApiObject } from '../registry/api-object.ts'
import type { ObjectForm } from '../registry/object-form.ts'
import type { Resource } from '../registry/resource.ts'
import { servedLayout, servedValue } from '../registry/served-value.ts'
import { type Layout, type Revised, servedBytes } from '../registry/stored-bytes.ts'

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

export interface EventEncoder {
  /** Equal for encoders that make the same bytes of an event. */
  readonly key: string
  readonly contentType: string
  encode(type: EventType, stored: Revised): Uint8Array
  bookmark(revision: number, isInitialEnd: boolean): Uint8Array
  error(error: StatusError): Uint8Array
}

export const initialEventsEnd = 'k8s.io/initial-events-end'

/** Plain JSON, spliced from stored bytes. */
export function splicingEncoder(resource: Resource): EventEncoder {
  const layout = servedLayout(resource)
  return {
    key: `json ${layout.apiVersion}`,
    contentType: 'application/json',
    encode: (type, stored) =>
      servedBytes(layout, servedValue(resource, stored), {
        before: `{"type":"${type}","object":`,
        after: '}\n',
      }),
    bookmark: (revision, isInitialEnd) =>
      jsonFrame('BOOKMARK', JSON.stringify(bookmarkObject(layout, revision, isInitialEnd))),
    error: (error) => jsonFrame('ERROR', JSON.stringify(error.toStatus())),
  }
}

/** Any other form: `form` says what becomes of an object, protobuf or JSON frames it. */
export function formEncoder(layout: Layout, form: ObjectForm): EventEncoder {
  const frame = form.isProtobuf ? protobufFrame : jsonFrame
  return {
    key: form.key,
    contentType: form.isProtobuf
      ? 'application/vnd.kubernetes.protobuf;stream=watch'
      : 'application/json',
    encode: (type, stored) => frame(type, form.encodeObject(form.decode(stored))),
    bookmark: (revision, isInitialEnd) =>
      frame('BOOKMARK', form.encodeObject(bookmarkObject(layout, revision, isInitialEnd))),
    error: (error) => frame('ERROR', form.encodeValue(error.toStatus())),
  }
}

function bookmarkObject(layout: Layout, revision: number, isInitialEnd: boolean): ApiObject {
  const { kind, apiVersion } = layout
  const metadata = {
    // The one kind of object without a name.
    name: undefined as unknown as string,
    resourceVersion: String(revision),
    ...(isInitialEnd && { annotations: { [initialEventsEnd]: 'true' } }),
  }
  return { kind, apiVersion, metadata }
}

function jsonFrame(type: EventType, object: string | Uint8Array): Uint8Array {
  const body = typeof object === 'string' ? object : Buffer.from(object).toString()
  return Buffer.from(`{"type":"${type}","object":${body}}\n`)
}

/**
 * uint32 big-endian length, then WatchEvent { 1: type, 2: RawExtension { 1: enveloped object } }.
 */
function protobufFrame(type: EventType, object: string | Uint8Array): Uint8Array {
  const name = field(1, Buffer.from(type))
  const raw = field(2, field(1, Buffer.from(object)))
  const frame = Buffer.allocUnsafe(4 + name.length + raw.length)
  frame.writeUInt32BE(name.length + raw.length, 0)
  name.copy(frame, 4)
  raw.copy(frame, 4 + name.length)
  return frame
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = []
  let rest = bytes.length
  while (rest > 127) {
    length.push((rest & 127) | 128)
    rest >>>= 7
  }
  length.push(rest)
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}
