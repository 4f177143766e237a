// Who waits for an address to be left by Services: kubelets, before they end what answers there.
// In: where Services lead, and whether the rules say so yet; told each time they do.

import { setTimeout as sleep } from 'node:timers/promises'

export interface Farewells {
  left(address: string): Promise<void>
  /** The rules of all namespaces are up to date. */
  settle(): void
}

export interface Routes {
  leadsTo(address: string): boolean
  /** The rules are to change, or are being changed. */
  isBehind(): boolean
}

/** For connections that the rules let through at the last moment to be accepted. */
const lastConnectionsMs = 30

export function createFarewells({ leadsTo, isBehind }: Routes): Farewells {
  const waiting = new Map<() => void, string>()
  return {
    async left(address) {
      if (!leadsTo(address) && !isBehind()) return
      await new Promise<void>((resolve) => waiting.set(resolve, address))
      await sleep(lastConnectionsMs)
    },
    settle() {
      for (const [resolve, address] of waiting) {
        if (leadsTo(address)) continue
        waiting.delete(resolve)
        resolve()
      }
    },
  }
}
