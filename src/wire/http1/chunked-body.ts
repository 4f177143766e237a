// Codec of a chunked body (RFC 9112, 7.1):
//   *( hex-size [";" extension] CRLF  size bytes  CRLF )  "0" [";" extension] CRLF  *( field CRLF )  CRLF
// Extensions and trailer fields are checked for form and dropped: nobody in Kubernetes uses them.

import type { Buffer } from 'node:buffer'
import { BadHttp } from './request-head.ts'

/** Longest size line with its extension, and longest trailer section. */
const lineBytes = 256
const trailerBytes = 8 * 1024

const sizeLine = /^([0-9a-fA-F]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const trailerLine = /^[!#$%&'*+\-.^_`|~\w]+:[\t\x20-\x7e\x80-\xff]*$/

type State = 'size' | 'data' | 'data end' | 'trailer' | 'done'

export interface ChunkedStep {
  /** Bytes of the input that are used up. */
  readonly used: number
  /** A piece of the body; undefined where there was none in what was used. */
  readonly data: Buffer | undefined
}

export interface ChunkedReader {
  readonly isDone: boolean
  /** Takes one step; `used` is 0 and `data` undefined when more input is needed. Throws BadHttp. */
  step(input: Buffer): ChunkedStep
}

export function createChunkedReader(): ChunkedReader {
  let state: State = 'size'
  let left = 0
  let trailers = 0

  /** The next line without its end; undefined: not all of it is there. */
  function line(input: Buffer, limit: number): string | undefined {
    const end = input.indexOf(0x0a)
    if ((end < 0 ? input.length : end) > limit) throw new BadHttp(400, 'malformed chunked encoding')
    if (end < 0) return undefined
    if (end === 0 || input[end - 1] !== 0x0d) throw new BadHttp(400, 'malformed chunked encoding')
    return input.toString('latin1', 0, end - 1)
  }

  function size(input: Buffer): ChunkedStep {
    const text = line(input, lineBytes)
    if (text === undefined) return { used: 0, data: undefined }
    const digits = sizeLine.exec(text)?.[1]
    if (digits === undefined) throw new BadHttp(400, 'malformed chunked encoding')
    left = Number.parseInt(digits, 16)
    state = left > 0 ? 'data' : 'trailer'
    return { used: text.length + 2, data: undefined }
  }

  function data(input: Buffer): ChunkedStep {
    const used = Math.min(left, input.length)
    left -= used
    if (left === 0) state = 'data end'
    return { used, data: used > 0 ? input.subarray(0, used) : undefined }
  }

  function dataEnd(input: Buffer): ChunkedStep {
    const [first, second] = input
    if ((first ?? 0x0d) !== 0x0d || (second ?? 0x0a) !== 0x0a)
      throw new BadHttp(400, 'malformed chunked encoding')
    if (second === undefined) return { used: 0, data: undefined }
    state = 'size'
    return { used: 2, data: undefined }
  }

  function trailer(input: Buffer): ChunkedStep {
    const text = line(input, trailerBytes - trailers)
    if (text === undefined) return { used: 0, data: undefined }
    if (text === '') state = 'done'
    else if (!trailerLine.test(text)) throw new BadHttp(400, 'malformed trailer')
    trailers += text.length + 2
    return { used: text.length + 2, data: undefined }
  }

  const steps = { size, data, 'data end': dataEnd, trailer }
  return {
    get isDone() {
      return state === 'done'
    },
    step: (input) => (state === 'done' ? { used: 0, data: undefined } : steps[state](input)),
  }
}
