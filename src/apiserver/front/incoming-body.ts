// The body of a request whose bytes a connection hands over when it is asked for more.

import { StatusError } from '../../api/status-error.ts'
import type { RequestBody } from './exchange.ts'

/** A streamed body waits for its reader when it is this far ahead. */
const aheadBytes = 256 * 1024

const empty = new Uint8Array()

export const noBody: RequestBody = {
  whole: () => Promise.resolve(empty),
  async *stream() {},
}

export function tooLarge(limitBytes: number): StatusError {
  return new StatusError(
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${limitBytes}`,
  )
}

export function tooSlow(): StatusError {
  return new StatusError('Timeout', 'Timeout: request body did not arrive within the time allotted')
}

export class IncomingBody implements RequestBody {
  /** All has come, or nothing more will. */
  isEnded = false
  /** Somebody waits for the whole of it: it may not take forever. */
  isTimed = false
  readonly #more: () => void
  #parts: Uint8Array[] = []
  #bytes = 0
  #error: Error | undefined
  #wake = () => {}
  #isWanted = false

  /** `announced`: Content-Length, or 0. `more`: called when bytes are wanted from now on. */
  readonly announced: number
  constructor(announced: number, more: () => void) {
    this.announced = announced
    this.#more = more
  }

  /** Bytes may be pushed. */
  get isWanted(): boolean {
    return this.#isWanted && this.#bytes < aheadBytes
  }

  push(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    this.#wake()
  }

  end(): void {
    this.isEnded = true
    this.#wake()
  }

  fail(error: Error): void {
    if (this.isEnded) return
    this.#error = error
    this.end()
  }

  /** What comes from now on is of no interest. */
  leave(): void {
    this.#isWanted = false
    this.#parts = []
    this.#bytes = 0
  }

  async whole(limitBytes: number): Promise<Uint8Array> {
    if (this.announced > limitBytes) throw tooLarge(limitBytes)
    this.isTimed = true
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of this.stream()) {
      bytes += part.length
      if (bytes > limitBytes) throw tooLarge(limitBytes)
      parts.push(part)
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        this.#want()
        if (this.#parts.length > 0) {
          const parts = this.#parts
          this.#parts = []
          this.#bytes = 0
          yield* parts
        } else if (this.#error) throw this.#error
        else if (this.isEnded) return
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.leave()
    }
  }

  #want(): void {
    if (this.isEnded) return
    this.#isWanted = true
    this.#more()
  }
}
