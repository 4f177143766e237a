// Codec of SPDY/3.1 header blocks. Uncompressed, all numbers 32 bits, big-endian:
//   number of pairs | for each: length of name, name, length of value, value
// Values of one name are joined by 00. Blocks of a connection share one zlib stream each way,
// flushed after every block, primed with the dictionary of the SPDY/3 draft (section 2.6.10.1).

import { Buffer } from 'node:buffer'
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'

export type SpdyHeaders = Readonly<Record<string, string>>

/** Names in the dictionary, each after its length. */
const names =
  'options head post put delete trace accept accept-charset accept-encoding accept-language ' +
  'accept-ranges age allow authorization cache-control connection content-base ' +
  'content-encoding content-language content-length content-location content-md5 ' +
  'content-range content-type date etag expect expires from host if-match if-modified-since ' +
  'if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer ' +
  'transfer-encoding upgrade user-agent vary via warning www-authenticate method get status ' +
  '200_OK version HTTP/1.1 url public set-cookie keep-alive origin'

/** What follows the names: common values, run together. */
const values =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request' +
  '401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented' +
  '503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 ' +
  'Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=' +
  'gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

export const spdyDictionary: Uint8Array = Buffer.concat([
  ...names.split(' ').map((name) => lengthAnd(name.replace('_', ' '))),
  Buffer.from(values),
])

function lengthAnd(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export function encodeHeaderBlock(headers: SpdyHeaders): Uint8Array {
  const pairs = Object.entries(headers)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(pairs.length)
  return Buffer.concat([
    count,
    ...pairs.flatMap(([name, value]) => [lengthAnd(name.toLowerCase()), lengthAnd(value)]),
  ])
}

/** Throws RangeError on a block that is cut short. */
export function decodeHeaderBlock(block: Uint8Array): SpdyHeaders {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  let at = 4
  const text = () => {
    const length = bytes.readUInt32BE(at)
    at += 4 + length
    if (at > bytes.length) throw new RangeError('SPDY header block is cut short')
    return bytes.toString('latin1', at - length, at)
  }
  const headers: Record<string, string> = {}
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text()
    headers[name] = text()
  }
  return headers
}

/** One connection's compression: blocks must go through in the order of their frames. */
export interface HeaderCompression {
  compress(headers: SpdyHeaders): Promise<Uint8Array>
  decompress(block: Uint8Array): Promise<SpdyHeaders>
  close(): void
}

export function createHeaderCompression(): HeaderCompression {
  const deflate = createDeflate({ dictionary: spdyDictionary })
  const inflate = createInflate({ dictionary: spdyDictionary })
  const compressed = through(deflate)
  const decompressed = through(inflate)
  return {
    compress: (headers) => compressed(encodeHeaderBlock(headers)),
    decompress: async (block) => decodeHeaderBlock(await decompressed(block)),
    close() {
      deflate.close()
      inflate.close()
    },
  }
}

/** Largest header block accepted, against zlib bombs. */
const longestBlock = 64 * 1024

/** Feeds a zlib stream one block at a time and collects what a sync flush brings out. */
function through(stream: Deflate | Inflate): (block: Uint8Array) => Promise<Uint8Array> {
  let chunks: Buffer[] = []
  let length = 0
  let broken: Error | undefined
  stream.on('error', (error) => {
    broken = error
  })
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= longestBlock) chunks.push(chunk)
  })
  let before: Promise<unknown> = Promise.resolve()
  const one = (block: Uint8Array) =>
    new Promise<Uint8Array>((resolve, reject) => {
      if (broken) return reject(broken)
      const fail = (error: Error) => reject(error)
      stream.once('error', fail)
      stream.write(block)
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('error', fail)
        const all = Buffer.concat(chunks)
        const isTooLong = length > longestBlock
        chunks = []
        length = 0
        if (isTooLong) reject(new RangeError('SPDY header block is too long'))
        else resolve(all)
      })
    })
  return (block) => {
    const next = before.then(() => one(block))
    before = next.catch(() => {})
    return next
  }
}
