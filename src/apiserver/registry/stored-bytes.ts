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
  /** Bytes of a stored value that the head stands for: those of the head of the version kept. */
  readonly keptLength: number
}

export interface LayoutOptions {
  readonly hasTypedItems?: boolean
  /** Absent: values are kept with this head. */
  readonly keptLength?: number
}

export function layoutOf(
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  options: LayoutOptions = {},
): Layout {
  const head = Buffer.from(`{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{`)
  return {
    kind,
    apiVersion,
    head,
    itemHead: options.hasTypedItems ? head : Buffer.from('{"metadata":{'),
    keptLength: options.keptLength ?? head.length,
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

/** What is spliced in after the head. */
export function revisionText(revision: number): string {
  return `"resourceVersion":"${revision}",`
}

/** Of revisionText, without making it. */
export function revisionLength(revision: number): number {
  let digits = 1
  for (let rest = revision; rest >= 10; rest /= 10) digits++
  return revisionFrame + digits
}

const revisionFrame = '"resourceVersion":"",'.length

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
  const { head, keptLength } = layout
  const middle = revisionText(revision)
  const size = before.length + head.length + middle.length + value.length - keptLength
  const served = Buffer.allocUnsafe(size + after.length)
  let at = before ? served.write(before, 0, 'latin1') : 0
  at += head.copy(served, at)
  at += served.write(middle, at, 'latin1')
  served.set(value.subarray(keptLength), at)
  if (after) served.write(after, size, 'latin1')
  return served
}
