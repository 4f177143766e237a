// Reads the protobuf wire format: varints, 64- and 32-bit words, length-delimited bytes.

export class ProtobufError extends Error {}

/** Wire types: how a field's value is laid out. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

const decoder = new TextDecoder()

export class ProtobufReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = start
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end
  }

  /** A field's number and wire type: number << 3 | type. */
  tag(): { number: number; type: number } {
    const tag = this.unsigned()
    return { number: Math.floor(tag / 8), type: tag % 8 }
  }

  /** A varint below 2^53. */
  unsigned(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new ProtobufError('proto: integer overflow')
  }

  /** A varint in two's complement of 64 bits; negative numbers take ten bytes. */
  signed(): number {
    let low = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      low |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        return shift < 42n ? Number(low) : Number(BigInt.asIntN(64, low))
      }
    }
    throw new ProtobufError('proto: integer overflow')
  }

  double(): number {
    const at = this.#take(8)
    return this.#view.getFloat64(at, true)
  }

  /** A view of the next length-delimited bytes; nothing is copied. */
  bytes(): Uint8Array {
    const length = this.unsigned()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(): string {
    return decoder.decode(this.bytes())
  }

  /** A reader of the next message, in the same bytes. */
  message(): ProtobufReader {
    const length = this.unsigned()
    const at = this.#take(length)
    return new ProtobufReader(this.#bytes, at, at + length)
  }

  skip(type: number): void {
    if (type === wireType.varint) this.signed()
    else if (type === wireType.fixed64) this.#take(8)
    else if (type === wireType.bytes) this.bytes()
    else if (type === wireType.fixed32) this.#take(4)
    else throw new ProtobufError(`proto: illegal wireType ${type}`)
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at++] : undefined
    if (byte === undefined) throw new ProtobufError('unexpected EOF')
    return byte
  }

  /** Moves over `length` bytes and returns where they start. */
  #take(length: number): number {
    const at = this.#at
    if (at + length > this.#end) throw new ProtobufError('unexpected EOF')
    this.#at = at + length
    return at
  }
}
