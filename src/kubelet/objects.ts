// The objects a Pod refers to: from the listers, and where those have not heard of one yet, from
// the API itself, since a Pod may arrive before the ConfigMap that was made before it.

import type { Kind } from '../api/kinds.ts'
import type { ObjectKey } from '../api/meta.ts'
import { isReason } from '../api/status-error.ts'
import type { KindMap } from '../api/types.gen.ts'
import type { Client } from '../client/client.ts'
import type { RunningInformers } from '../client/informers.ts'

export interface ObjectReader {
  /** Undefined when there is no such object. */
  find<K extends Kind>(kind: K, key: ObjectKey): Promise<KindMap[K] | undefined>
}

export function createObjectReader(
  client: Client,
  informers: Pick<RunningInformers, 'listers' | 'isWanted'>,
): ObjectReader {
  return {
    async find<K extends Kind>(kind: K, key: ObjectKey) {
      const lister = informers.isWanted(kind) ? informers.listers[kind] : undefined
      const known = lister?.get(key)
      if (known) return known
      try {
        return await client.get(kind, key)
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined
        throw error
      }
    },
  }
}
