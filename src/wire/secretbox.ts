// Codec: NaCl's secretbox, XSalsa20 with Poly1305, which node:crypto does not have.
// A box is a tag of 16 bytes and the message xored with the key stream; key 32 bytes, nonce 24.
// The first 32 bytes of the stream are the key of the tag, the message starts behind them.
// Source: Bernstein, "Cryptography in NaCl"; RFC 8439 for Poly1305.

import { timingSafeEqual } from 'node:crypto'

export const secretboxNonceBytes = 24
export const secretboxOverhead = 16

export function sealSecretbox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  const box = Buffer.alloc(secretboxOverhead + message.length)
  const stream = keyStream(key, nonce, 32 + message.length)
  xor(message, stream.subarray(32), box.subarray(secretboxOverhead))
  poly1305(box.subarray(secretboxOverhead), stream.subarray(0, 32)).copy(box)
  return box
}

/** Undefined where the box was not made with this key and nonce. */
export function openSecretbox(
  box: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Buffer | undefined {
  if (box.length < secretboxOverhead) return undefined
  const sealed = box.subarray(secretboxOverhead)
  const stream = keyStream(key, nonce, 32 + sealed.length)
  const tag = poly1305(sealed, stream.subarray(0, 32))
  if (!timingSafeEqual(tag, box.subarray(0, secretboxOverhead))) return undefined
  const message = Buffer.alloc(sealed.length)
  xor(sealed, stream.subarray(32), message)
  return message
}

function xor(a: Uint8Array, b: Uint8Array, into: Uint8Array): void {
  for (let at = 0; at < a.length; at++) into[at] = (a[at] ?? 0) ^ (b[at] ?? 0)
}

/** XSalsa20: Salsa20 under a key made of the first 16 bytes of the nonce, with the last 8. */
function keyStream(key: Uint8Array, nonce: Uint8Array, length: number): Buffer {
  const input = stateOf(words(key), words(nonce.subarray(0, 16)))
  const mixed = rounds(input)
  const subkey = Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (at) => mixed[at] ?? 0)
  const blocks = Math.ceil(length / 64)
  const stream = Buffer.alloc(blocks * 64)
  const [first = 0, second = 0] = words(nonce.subarray(16))
  for (let block = 0; block < blocks; block++) {
    const state = stateOf(subkey, Uint32Array.of(first, second, block, 0))
    const out = rounds(state)
    for (let at = 0; at < 16; at++)
      stream.writeUInt32LE(((out[at] ?? 0) + (state[at] ?? 0)) >>> 0, block * 64 + at * 4)
  }
  return stream.subarray(0, length)
}

function words(bytes: Uint8Array): Uint32Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.readUInt32LE(at * 4))
}

/**
 * "expa" k0 k1 k2 / k3 "nd 3" n0 n1 / n2 n3 "2-by" k4 / k5 k6 k7 "te k"
 */
function stateOf(key: Uint32Array, input: Uint32Array): Uint32Array {
  const k = (at: number) => key[at] ?? 0
  const n = (at: number) => input[at] ?? 0
  return Uint32Array.of(
    ...[0x61707865, k(0), k(1), k(2), k(3), 0x3320646e, n(0), n(1)],
    ...[n(2), n(3), 0x79622d32, k(4), k(5), k(6), k(7), 0x6b206574],
  )
}

/** Which words the four steps of a quarter round take, columns first, then rows. */
const quarters = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

/** Twenty rounds, without the addition of the input at the end. */
function rounds(input: Uint32Array): Uint32Array {
  const x = Uint32Array.from(input)
  const step = (to: number, a: number, b: number, bits: number) => {
    const sum = ((x[a] ?? 0) + (x[b] ?? 0)) >>> 0
    x[to] = (x[to] ?? 0) ^ ((sum << bits) | (sum >>> (32 - bits)))
  }
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of quarters) {
      step(b, a, d, 7)
      step(c, b, a, 9)
      step(d, c, b, 13)
      step(a, d, c, 18)
    }
  }
  return x
}

const prime = (1n << 130n) - 5n
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn

/** ((each 16 bytes with a 1 above them, as digits of base r) mod 2^130 - 5) + s. */
function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const r = numberOf(key.subarray(0, 16)) & clamp
  const s = numberOf(key.subarray(16, 32))
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16)
    sum = ((sum + numberOf(block) + (1n << BigInt(8 * block.length))) * r) % prime
  }
  const tag = (sum + s) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

/** Little endian. */
function numberOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}
