// Writes the protobuf wire format into a buffer that grows.

import { wireType } from './reader.ts'

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(512)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was written; the writer must not be used after. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  tag(number: number, type: number): void {
    this.unsigned(number * 8 + type)
  }

  unsigned(value: number): void {
    this.#reserve(10)
    if (value < 0x80) {
      this.#buffer[this.#length++] = value
      return
    }
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
  }

  /** Two's complement of 64 bits. */
  signed(value: number): void {
    if (value >= 0) this.unsigned(value)
    else this.#negative(BigInt.asUintN(64, BigInt(value)))
  }

  #negative(complement: bigint): void {
    this.#reserve(10)
    let rest = complement
    while (rest >= 0x80n) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#length++] = Number(rest)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  bytes(bytes: Uint8Array): void {
    this.unsigned(bytes.length)
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.unsigned(length)
    this.#reserve(length)
    this.#length += this.#buffer.write(text, this.#length)
  }

  message(number: number, body: () => void): void {
    const start = this.begin(number)
    body()
    this.end(start)
  }

  /**
   * Begins a length-delimited message and returns where: one byte is kept for the length, and the
   * body moves up at the end when the length turns out to need more.
   */
  begin(number: number): number {
    this.tag(number, wireType.bytes)
    this.#reserve(1)
    return ++this.#length
  }

  /** Ends the message that began at `start`. */
  end(start: number): void {
    const length = this.#length - start
    const width = widthOf(length)
    if (width > 1) {
      this.#reserve(width - 1)
      this.#buffer.copyWithin(start + width - 1, start, this.#length)
    }
    this.#length = start - 1
    this.unsigned(length)
    this.#length = start - 1 + width + length
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Bytes of a varint. */
function widthOf(value: number): number {
  let width = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) width++
  return width
}
