// Table: what the providers do with a value, byte for byte as upstream's do.
//   aesgcm     nonce 12, sealed value, tag 16; the key in the store is authenticated as well
//   aescbc     initial vector 16, blocks with PKCS #7 padding; nothing is authenticated
//   secretbox  nonce 24, tag 16, sealed value

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  openSecretbox,
  sealSecretbox,
  secretboxNonceBytes,
  secretboxOverhead,
} from '../../wire/secretbox.ts'
import type { ProviderName } from './encryption-config.ts'

export interface Cipher {
  seal(value: Uint8Array, key: string): Uint8Array
  /** Throws an error in upstream's words. */
  open(sealed: Uint8Array, key: string): Uint8Array
}

export type CipherName = Exclude<ProviderName, 'identity'>

export const ciphers: Readonly<Record<CipherName, (secret: Uint8Array) => Cipher>> = {
  aesgcm: gcm,
  aescbc: cbc,
  secretbox,
}

const gcmNonceBytes = 12
const tagBytes = 16

function gcm(secret: Uint8Array): Cipher {
  const name = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm'
  return {
    seal(value, key) {
      const nonce = randomBytes(gcmNonceBytes)
      const cipher = createCipheriv(name, secret, nonce)
      cipher.setAAD(Buffer.from(key))
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, key) {
      if (sealed.length < gcmNonceBytes) throw tooShort()
      const cipher = createDecipheriv(name, secret, sealed.subarray(0, gcmNonceBytes))
      cipher.setAAD(Buffer.from(key))
      try {
        cipher.setAuthTag(sealed.subarray(-tagBytes))
        const value = cipher.update(sealed.subarray(gcmNonceBytes, -tagBytes))
        return own(Buffer.concat([value, cipher.final()]))
      } catch {
        throw new Error('cipher: message authentication failed')
      }
    },
  }
}

const blockBytes = 16

function cbc(secret: Uint8Array): Cipher {
  const name = `aes-${secret.length * 8}-cbc`
  return {
    seal(value) {
      const start = randomBytes(blockBytes)
      const cipher = createCipheriv(name, secret, start)
      return Buffer.concat([start, cipher.update(value), cipher.final()])
    },
    open(sealed) {
      if (sealed.length < blockBytes) throw tooShort()
      const blocks = sealed.subarray(blockBytes)
      if (blocks.length % blockBytes !== 0)
        throw new Error('the stored data is not a multiple of the block size')
      const cipher = createDecipheriv(name, secret, sealed.subarray(0, blockBytes))
      cipher.setAutoPadding(false)
      return unpadded(Buffer.concat([cipher.update(blocks), cipher.final()]))
    },
  }
}

function unpadded(padded: Buffer): Uint8Array {
  const size = padded.at(-1) ?? 0
  if (size === 0 || size > padded.length)
    throw new Error('invalid PKCS7 data (empty or not padded)')
  if (padded.subarray(-size).some((byte) => byte !== size))
    throw new Error('invalid padding on input')
  return own(padded.subarray(0, -size))
}

function secretbox(secret: Uint8Array): Cipher {
  return {
    seal(value) {
      const nonce = randomBytes(secretboxNonceBytes)
      return Buffer.concat([nonce, sealSecretbox(value, nonce, secret)])
    },
    open(sealed) {
      if (sealed.length < secretboxNonceBytes + secretboxOverhead) throw tooShort()
      const nonce = sealed.subarray(0, secretboxNonceBytes)
      const value = openSecretbox(sealed.subarray(secretboxNonceBytes), nonce, secret)
      if (!value) throw new Error('output array was not large enough for encryption')
      return own(value)
    },
  }
}

function tooShort(): Error {
  return new Error('the stored data was shorter than the required size')
}

/** In memory of its own: it is kept for long, and pooled memory would be kept with it. */
function own(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}
