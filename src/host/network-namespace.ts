// The drivers for one network namespace: a node's, or the one this process is in.

import { type Conntrack, createConntrack } from './conntrack.ts'
import { createIp, type Ip } from './ip.ts'
import { createNft, type Nft } from './nft.ts'

export interface NetworkNamespace {
  readonly ip: Ip
  readonly nft: Nft
  readonly conntrack: Conntrack
  close(): void
}

/** `name` is a node's; without it the drivers work in the namespace this process is in. */
export function openNetworkNamespace(name?: string): NetworkNamespace {
  const enter = name === undefined ? [] : ['nsenter', `--net=/run/netns/${name}`]
  const ip = createIp(enter)
  const nft = createNft(enter)
  const close = () => {
    ip.close()
    nft.close()
  }
  return { ip, nft, conntrack: createConntrack(enter), close }
}
