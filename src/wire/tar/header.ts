// Codec of tar headers (POSIX ustar, pax and GNU), as far as archives of images need it.
//
// A header is one block of 512 bytes:
//   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8
//   156 type 1 | 157 link name 100 | 257 magic 8 | 265 user 32 | 297 group 32
//   329 device major 8 | 337 device minor 8 | 345 prefix of name 155
// Numbers are octal text, or base 256 where the first bit is set. Data follows in whole blocks.
// Types: 0 file, 1 hard link, 2 symbolic link, 3 character device, 4 block device, 5 folder,
// 6 fifo, x pax records for the next entry, g pax records for all, L and K GNU long names.

export const blockBytes = 512

export interface TarHeader {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly type: string
  readonly linkName: string
}

/** Undefined for the empty block that ends an archive. Throws where the checksum is wrong. */
export function decodeHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined
  if (checksum(block) !== number(block, 148, 8)) throw new Error('invalid tar header')
  const prefix = text(block, 257, 5) === 'ustar' ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  return {
    name: prefix && !isGnu(block) ? `${prefix}/${name}` : name,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    type: String.fromCharCode(block[156] || 48),
    linkName: text(block, 157, 100),
  }
}

/** GNU's own format keeps other things where POSIX has the prefix. */
function isGnu(block: Uint8Array): boolean {
  return text(block, 257, 8).startsWith('ustar  ')
}

export type NewTarHeader = Partial<TarHeader> & Pick<TarHeader, 'name' | 'type'>

/** Devices get the numbers 0, 0. The name must fit; a longer one goes into pax records. */
export function encodeHeader(header: NewTarHeader): Uint8Array {
  const block = new Uint8Array(blockBytes)
  const put = (value: string, at: number) => block.set(encoder.encode(value), at)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  block.set(encoder.encode(header.name).subarray(0, 100), 0)
  put(octal(header.mode ?? 0o755, 7), 100)
  put(octal(header.uid ?? 0, 7), 108)
  put(octal(header.gid ?? 0, 7), 116)
  put(octal(header.size ?? 0, 11), 124)
  put(octal(header.mtime ?? 0, 11), 136)
  put(header.type, 156)
  block.set(encoder.encode(header.linkName ?? '').subarray(0, 100), 157)
  put('ustar\u000000', 257)
  if (header.type === '3' || header.type === '4') {
    put(octal(0, 7), 329)
    put(octal(0, 7), 337)
  }
  put(`${octal(checksum(block), 6)}\u0000 `, 148)
  return block
}

/** The header and body of a pax entry for the entry that follows. */
export function encodePax(records: Readonly<Record<string, string>>): Uint8Array {
  const body = encoder.encode(
    Object.entries(records)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
  )
  const header = encodeHeader({ name: 'PaxHeaders/x', type: 'x', mode: 0o644, size: body.length })
  const bytes = new Uint8Array(blockBytes + padded(body.length))
  bytes.set(header)
  bytes.set(body, blockBytes)
  return bytes
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const restBytes = encoder.encode(rest).length
  let length = restBytes + 1
  while (String(length).length + restBytes !== length) length = String(length).length + restBytes
  return `${length}${rest}`
}

export function decodePax(body: Uint8Array): Readonly<Record<string, string>> {
  const records: Record<string, string> = {}
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at)
    const length = Number(decoder.decode(body.subarray(at, space)))
    if (space < 0 || !(length > 0)) break
    const entry = decoder.decode(body.subarray(space + 1, at + length - 1))
    const equals = entry.indexOf('=')
    records[entry.slice(0, equals)] = entry.slice(equals + 1)
    at += length
  }
  return records
}

/** Size with what fills its last block. */
export function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return decoder.decode(end < 0 ? field : field.subarray(0, end))
}

function number(block: Uint8Array, at: number, length: number): number {
  const first = block[at] ?? 0
  if ((first & 0x80) === 0) return Number.parseInt(text(block, at, length).trim() || '0', 8)
  return block
    .subarray(at + 1, at + length)
    .reduce((value, byte) => value * 256 + byte, first & 0x7f)
}

/** The sum of all bytes with the checksum's own taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 32
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0
  return sum
}
