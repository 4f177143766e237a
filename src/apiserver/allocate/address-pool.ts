// ClusterIPs: the addresses of the service subnet, without its first and its last.

import type { Random } from '../../lib/random.ts'
import { createNumberPool, reservedShare } from './number-pool.ts'

export type Taken = 'taken' | 'already allocated' | 'not in range'

export interface AddressPool {
  readonly subnet: string
  take(address: string): Taken
  takeNext(): string | undefined
  release(address: string): void
}

/** `subnet` is an IPv4 CIDR, e.g. 10.96.0.0/16. */
export function createAddressPool(subnet: string, random: Random): AddressPool {
  const [network = '', length = ''] = subnet.split('/')
  const first = (numberOf(network) ?? 0) + 1
  const size = 2 ** (32 - Number(length)) - 2
  const reserved = reservedShare(size + 2, { least: 16, most: 256, divisor: 16 })
  const pool = createNumberPool({ size, reserved, random })

  function offsetOf(address: string): number | undefined {
    const number = numberOf(address)
    if (number === undefined || number < first || number >= first + size) return undefined
    return number - first
  }

  return {
    subnet,
    take(address) {
      const offset = offsetOf(address)
      if (offset === undefined) return 'not in range'
      return pool.take(offset) ? 'taken' : 'already allocated'
    },
    takeNext() {
      const offset = pool.takeNext()
      return offset === undefined ? undefined : textOf(first + offset)
    },
    release(address) {
      const offset = offsetOf(address)
      if (offset !== undefined) pool.release(offset)
    },
  }
}

function numberOf(address: string): number | undefined {
  const parts = address.split('.').map(Number)
  const isAddress = parts.length === 4 && parts.every((part) => part >= 0 && part <= 255)
  return isAddress ? parts.reduce((number, part) => number * 256 + part, 0) : undefined
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')
}
