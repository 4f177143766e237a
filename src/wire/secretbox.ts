// NaCl's secretbox, XSalsa20 with Poly1305, which node:crypto does not have: a tag of 16 bytes and
// the sealed message. Key 32 bytes, nonce 24.

import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'

export const secretboxNonceBytes = 24
export const secretboxOverhead = 16

export function sealSecretbox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  return asBuffer(xsalsa20poly1305(key, nonce).encrypt(message))
}

/** Undefined where the box was not made with this key and nonce. */
export function openSecretbox(
  box: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Buffer | undefined {
  try {
    return asBuffer(xsalsa20poly1305(key, nonce).decrypt(box))
  } catch {
    // The library has no other way to say no.
    return undefined
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}
