// The watch caches of all resources, each started when it is first watched.

import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/store.ts'
import { createWatchCache, type WatchCache } from './watch-cache.ts'

export interface WatchCaches {
  /** The cache of the objects below a key prefix. */
  of(prefix: string): WatchCache
  /** Ends every watch of them: the resource is served no more. */
  end(prefix: string): void
}

export interface WatchCachesOptions {
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
}

export function createWatchCaches({ store, clock, signal }: WatchCachesOptions): WatchCaches {
  const started = new Map<string, { readonly cache: WatchCache; readonly life: AbortController }>()
  return {
    of(prefix) {
      const present = started.get(prefix)
      if (present) return present.cache
      const life = new AbortController()
      const either = AbortSignal.any([signal, life.signal])
      const cache = createWatchCache({ store, clock, prefix, signal: either })
      started.set(prefix, { cache, life })
      return cache
    },
    end(prefix) {
      started.get(prefix)?.life.abort()
      started.delete(prefix)
    },
  }
}
