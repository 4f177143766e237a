// Codec: domain names in DNS messages (RFC 1035 section 3.1 and 4.1.4).
//
// A name is a sequence of labels, each a length byte (1 to 63) and as many bytes, ended by a zero
// byte. A length with its two highest bits set is, with the byte after it, a pointer: the name
// goes on at that offset (14 bits) from the start of the message. In text, labels are joined by
// dots without one at the end; the root is ''.

export const longestName = 255

export interface NameAt {
  /** In lower case: names are compared without regard to case. */
  readonly name: string
  /** Offset of what follows the name. */
  readonly end: number
}

/** Undefined when the bytes are no name, or one that points forward or in a circle. */
export function readName(message: Uint8Array, start: number): NameAt | undefined {
  let name = ''
  let offset = start
  let end: number | undefined
  let lowest = start
  for (;;) {
    const length = message[offset]
    if (length === undefined) return undefined
    if (length === 0) return { name, end: end ?? offset + 1 }
    if (length >= 0xc0) {
      const low = message[offset + 1]
      if (low === undefined) return undefined
      end ??= offset + 2
      offset = ((length & 0x3f) << 8) | low
      if (offset >= lowest) return undefined
      lowest = offset
      continue
    }
    const next = offset + 1 + length
    if (length > 63 || next > message.length) return undefined
    name += (name === '' ? '' : '.') + readLabel(message, offset + 1, next)
    if (name.length >= longestName) return undefined
    offset = next
  }
}

/** Bytes that are no printable character, and dots within a label, become \ddd. */
function readLabel(message: Uint8Array, start: number, end: number): string {
  let label = ''
  for (let offset = start; offset < end; offset++) {
    const byte = message[offset] ?? 0
    if (byte >= 0x41 && byte <= 0x5a) label += String.fromCharCode(byte + 32)
    else if (byte > 0x20 && byte < 0x7f && byte !== 0x2e) label += String.fromCharCode(byte)
    else label += `\\${String(byte).padStart(3, '0')}`
  }
  return label
}

/** `name` must have labels of 1 to 63 bytes; a dot at the end is allowed. */
export function encodeName(name: string): Uint8Array {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .filter((label) => label !== '')
  const parts = labels.flatMap((label) => {
    const bytes = labelBytes(label)
    if (bytes.length > 63) throw new RangeError(`label ${label} is longer than 63 bytes`)
    return [bytes.length, ...bytes]
  })
  if (parts.length >= longestName) throw new RangeError(`name ${name} is longer than 255 bytes`)
  return Uint8Array.from([...parts, 0])
}

function labelBytes(label: string): readonly number[] {
  const text = label.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number(code)))
  return [...Buffer.from(text, 'latin1')]
}
