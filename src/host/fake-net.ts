// ip and nft that only remember: for tests of what is run, on any machine.

import type { Ip } from './ip.ts'
import type { Nft } from './nft.ts'

export interface FakeIp extends Ip {
  /** What each run() was given. */
  readonly batches: readonly (readonly string[])[]
}

export function createFakeIp(): FakeIp {
  const batches: (readonly string[])[] = []
  return {
    batches,
    run: async (commands) => void batches.push(commands),
    close: () => {},
  }
}

export interface FakeNft extends Nft {
  /** What each run() was given. */
  readonly transactions: readonly (readonly string[])[]
  /** The next run() rejects with this error. */
  failNext(error: Error): void
}

export function createFakeNft(listed: unknown = { nftables: [] }): FakeNft {
  const transactions: (readonly string[])[] = []
  let failure: Error | undefined
  return {
    transactions,
    failNext: (error) => {
      failure = error
    },
    async run(commands) {
      const error = failure
      failure = undefined
      if (error) throw error
      if (commands.length > 0) transactions.push(commands)
    },
    list: async () => listed,
    getElement: async () => '',
    close: () => {},
  }
}
