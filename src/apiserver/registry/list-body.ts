// A list of stored objects as a body: made item by item while it is sent, in buffers of whoever
// sends it. Nothing is parsed, and no second copy of the objects is ever in memory.

import type { LargeBody } from '../request.ts'
import { type Layout, type Revised, revisionLength, revisionText } from './stored-bytes.ts'

/** Smaller lists are one buffer, which goes out in one write with its head. */
const wholeBytes = 32 * 1024
const comma = 0x2c

export interface Around {
  /** What comes before and after the items, in latin1. */
  readonly before: string
  readonly after: string
}

export function listBody(
  layout: Layout,
  entries: readonly Revised[],
  around: Around,
): LargeBody | Uint8Array {
  const body = new ListBody(layout, entries, around)
  if (body.byteLength > wholeBytes) return body
  const whole = Buffer.allocUnsafe(body.byteLength)
  body.read(whole)
  return whole
}

class ListBody implements LargeBody {
  readonly byteLength: number
  readonly #layout: Layout
  readonly #entries: readonly Revised[]
  readonly #after: Buffer
  #next = 0
  #isAfterDone = false
  /** What found no room in the last buffer. */
  #left: Uint8Array

  constructor(layout: Layout, entries: readonly Revised[], { before, after }: Around) {
    this.#layout = layout
    this.#entries = entries
    this.#left = Buffer.from(before, 'latin1')
    this.#after = Buffer.from(after, 'latin1')
    let bytes = before.length + after.length + Math.max(0, entries.length - 1)
    for (const entry of entries) bytes += this.#sizeOf(entry)
    this.byteLength = bytes
  }

  #sizeOf({ value, revision }: Revised): number {
    const { keptLength, itemHead } = this.#layout
    return itemHead.length + revisionLength(revision) + value.length - keptLength
  }

  read(into: Buffer): number {
    let used = 0
    for (;;) {
      if (this.#left.length > 0) {
        const size = Math.min(this.#left.length, into.length - used)
        into.set(this.#left.subarray(0, size), used)
        this.#left = this.#left.subarray(size)
        used += size
      }
      const entry = this.#entries[this.#next]
      if (this.#left.length > 0 || (!entry && this.#isAfterDone)) return used
      if (!entry) {
        this.#isAfterDone = true
        this.#left = this.#after
      } else if (used + 1 + this.#sizeOf(entry) <= into.length) used = this.#put(entry, into, used)
      else {
        const item = Buffer.allocUnsafe(1 + this.#sizeOf(entry))
        this.#left = item.subarray(0, this.#put(entry, item, 0))
      }
    }
  }

  /** Writes the next item and what separates it from the one before; returns the end. */
  #put({ value, revision }: Revised, into: Buffer, start: number): number {
    const { keptLength, itemHead } = this.#layout
    let used = start
    if (this.#next++ > 0) into[used++] = comma
    used += itemHead.copy(into, used)
    used += into.write(revisionText(revision), used, 'latin1')
    into.set(value.subarray(keptLength), used)
    return used + value.length - keptLength
  }
}
