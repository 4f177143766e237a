// Codec: stored values <-> served bytes <-> objects.
// Stored:  {"kind":K,"apiVersion":V,"metadata":{ ... no resourceVersion ... }, ...}
// Served:  the same with "resourceVersion":"N", spliced in after the head, whose length is the
//          same for every object of a kind. So serving a value never parses it.

import type { ApiObject } from './api-object.ts'

/** A value of the store with the revision of its last write. */
export interface Revised {
  readonly value: Uint8Array
  readonly revision: number
}

/** The bytes that begin every object of one kind. */
export interface Layout {
  readonly kind: string
  readonly apiVersion: string
  /** {"kind":K,"apiVersion":V,"metadata":{ */
  readonly head: Buffer
  /** What a list's item begins with: built-in kinds leave kind and apiVersion to the list. */
  readonly itemHead: Buffer
}

export function layoutOf(
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  options: { readonly hasTypedItems?: boolean } = {},
): Layout {
  const head = Buffer.from(`{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{`)
  return {
    kind,
    apiVersion,
    head,
    itemHead: options.hasTypedItems ? head : Buffer.from('{"metadata":{'),
  }
}

/**
 * One buffer of exactly the value's size, with memory of its own: it is kept for long. The text is
 * put together from its parts, as copies without a field would be slow to write.
 */
export function encodeStored({ head }: Layout, object: ApiObject): Buffer {
  const metadata = { ...object.metadata, resourceVersion: undefined, selfLink: undefined }
  let text = JSON.stringify(metadata).slice(1)
  for (const name in object) {
    if (name === 'kind' || name === 'apiVersion' || name === 'metadata') continue
    const value = JSON.stringify(Reflect.get(object, name))
    if (value !== undefined) text += `,${JSON.stringify(name)}:${value}`
  }
  text += '}'
  const bytes = Buffer.allocUnsafeSlow(head.length + Buffer.byteLength(text))
  bytes.write(text, head.copy(bytes))
  return bytes
}

export function decodeStored(stored: Revised): ApiObject {
  const object = JSON.parse(textOf(stored.value))
  object.metadata.resourceVersion = String(stored.revision)
  return object
}

/** As decodeStored, without kind and apiVersion where list items have none. */
export function revisionText(revision: number): string {
  return `"resourceVersion":"${revision}",`
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

/** The object as served, in one buffer between optional texts (latin1) around it. */
export function servedBytes(
  layout: Layout,
  { value, revision }: Revised,
  around: { readonly before?: string; readonly after?: string } = {},
): Buffer {
  const { before = '', after = '' } = around
  const { head } = layout
  const middle = revisionText(revision)
  const served = Buffer.allocUnsafe(before.length + middle.length + value.length + after.length)
  let at = before ? served.write(before, 0, 'latin1') : 0
  at += head.copy(served, at)
  at += served.write(middle, at, 'latin1')
  served.set(value.subarray(head.length), at)
  if (after) served.write(after, at + value.length - head.length, 'latin1')
  return served
}

/** Bytes of one list chunk; large enough to be few, small enough to flow. */
const chunkBytes = 256 * 1024

/** Collects items into a few large buffers: {...},{...},... */
export function createItemWriter(layout: Layout) {
  const chunks: Buffer[] = []
  let chunk = Buffer.allocUnsafe(chunkBytes)
  let used = 0
  let count = 0

  function reserve(size: number): void {
    if (used + size <= chunk.length) return
    if (used > 0) chunks.push(chunk.subarray(0, used))
    chunk = Buffer.allocUnsafe(Math.max(chunkBytes, size))
    used = 0
  }

  return {
    /** Adds a value as it is stored. */
    addStored({ value, revision }: Revised): void {
      const { head, itemHead } = layout
      const middle = revisionText(revision)
      const rest = value.length - head.length
      reserve(1 + itemHead.length + middle.length + rest)
      if (count++ > 0) chunk[used++] = 0x2c
      used += itemHead.copy(chunk, used)
      used += chunk.write(middle, used, 'latin1')
      chunk.set(value.subarray(head.length), used)
      used += rest
    },
    /** Adds text, e.g. an item made from an object. */
    addText(text: string): void {
      const separated = count++ > 0 ? `,${text}` : text
      const size = Buffer.byteLength(separated)
      reserve(size)
      used += chunk.write(separated, used)
    },
    /** What was collected, after `before` and followed by `after`. */
    finish(before: string, after: string): Buffer[] {
      if (used > 0) chunks.push(chunk.subarray(0, used))
      return [Buffer.from(before), ...chunks, Buffer.from(after)]
    },
  }
}
