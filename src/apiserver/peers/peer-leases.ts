// Which API servers live, as the store tells: each renews a key of its own. kube-apiserver keeps
// the same keys, and ties them to leases of etcd; here whoever lives deletes those of the dead.
//   /registry/masterleases/10.0.0.1 -> an Endpoints of that address, its generation counted up

import { isDraft } from '../../api/draft.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Entry, Store } from '../../store/store.ts'

const prefix = '/registry/masterleases/'
/** As upstream's --endpoint-reconciler-type=lease: renewed every 10 s, dead after 15. */
const deadAfterMs = 15_000

export interface PeerLeases {
  /** Says that the server at `address` lives. */
  renew(address: string): Promise<void>
  remove(address: string): Promise<void>
  /** The addresses of those that live, in order. Deletes what the dead left. */
  living(): Promise<readonly string[]>
}

interface Sighting {
  readonly revision: number
  readonly sinceMs: number
}

export function createPeerLeases(store: Store, clock: Clock): PeerLeases {
  /** When each key was seen to change, by our own clock; one entry a server. */
  let seen = new Map<string, Sighting>()

  async function change(address: string, next: (entry: Entry | undefined) => Uint8Array) {
    const key = prefix + address
    for (let entry = await store.get(key); ; ) {
      const written = await store.put(key, next(entry), entry?.revision ?? 0)
      if (written.ok) return
      entry = written.current
    }
  }

  return {
    renew: (address) => change(address, (entry) => encodeLease(address, generationOf(entry) + 1)),
    async remove(address) {
      const entry = await store.get(prefix + address)
      if (entry) await store.delete(entry.key, entry.revision)
    },
    async living() {
      const { entries } = await store.range(prefix)
      const nowMs = clock.now().getTime()
      seen = new Map(
        entries.map(({ key, revision }) => {
          const before = seen.get(key)
          return [key, before?.revision === revision ? before : { revision, sinceMs: nowMs }]
        }),
      )
      const isDead = ({ key }: Entry) => nowMs - (seen.get(key)?.sinceMs ?? nowMs) >= deadAfterMs
      for (const { key, revision } of entries.filter(isDead)) await store.delete(key, revision)
      return entries.filter((entry) => !isDead(entry)).map(({ key }) => key.slice(prefix.length))
    },
  }
}

function encodeLease(address: string, generation: number): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      kind: 'Endpoints',
      apiVersion: 'v1',
      metadata: { generation },
      subsets: [{ addresses: [{ ip: address }] }],
    }),
  )
}

function generationOf(entry: Entry | undefined): number {
  if (entry?.value[0] !== 0x7b) return 0
  const object: unknown = JSON.parse(Buffer.from(entry.value).toString())
  const metadata = isDraft(object) && isDraft(object['metadata']) ? object['metadata'] : {}
  return Number(metadata['generation'] ?? 0)
}
