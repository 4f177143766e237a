// What is known of values in memory beside their bytes: that another key wrote them, or that nobody
// here could read them. Values are known by identity and forgotten with them.

import { Unreadable } from './unreadable.ts'
import type { ValueCodec } from './value-codec.ts'

export class ValueNotes {
  readonly #stale = new WeakSet<Uint8Array>()
  readonly #unreadable = new WeakMap<Uint8Array, string>()
  /** There are unreadable values, or were. */
  hasUnreadable = false

  /** The value in its form; one that cannot be read as it is stored, and noted. */
  open(
    codec: ValueCodec,
    key: string,
    stored: Uint8Array,
    formOf = (value: Uint8Array): Uint8Array => value,
  ): Uint8Array {
    try {
      const opened = codec.open(key, stored)
      const value = formOf(opened.value)
      if (opened.isStale) this.#stale.add(value)
      return value
    } catch (error) {
      this.#unreadable.set(stored, error instanceof Error ? error.message : String(error))
      this.hasUnreadable = true
      return stored
    }
  }

  /** Writing the same value again would not be in vain. */
  readonly isStale = (value: Uint8Array): boolean => this.#stale.has(value)

  isUnreadable(value: Uint8Array): boolean {
    return this.hasUnreadable && this.#unreadable.has(value)
  }

  /** Throws Unreadable for one that could not be read. */
  assertReadable(value: Uint8Array): void {
    const why = this.#unreadable.get(value)
    if (why !== undefined) throw new Unreadable(why)
  }
}
