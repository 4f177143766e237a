// One reflector and one indexed lister for each kind wanted, shared by all parts of a process.
// In: a client and the kinds. Out: listers, changes, and promises of what listers have seen.

import { type Kind, kindEntry } from '../api/kinds.ts'
import type { KubeObject } from '../api/meta.ts'
import type { KindMap } from '../api/types.gen.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import type { ApiClient } from './create-client.ts'
import type { ReadOptions } from './dynamic-client.ts'
import type { Informers, Lister, Listers, ObjectChange } from './informer.ts'
import { createObjectCache, type ObjectCache } from './object-cache.ts'
import { type Mirror, runReflector } from './reflector.ts'

/** A kind, whole or the part of it that a selection gives. */
export interface Want {
  readonly kind: Kind
  readonly namespace?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface InformerOptions {
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
}

export interface RunningInformers extends Informers {
  /** Resolves once the lister of `kind` makes `isShown` true; checked after each change. */
  shown(kind: Kind, isShown: () => boolean, signal?: AbortSignal): Promise<void>
  isWanted(kind: Kind): boolean
  /** The revision that the lister of `kind` has seen. */
  revision(kind: Kind): number
  /** Resolves when the signal has aborted and every reflector has ended. */
  readonly ended: Promise<void>
}

/** Starts watching at once; ends with the signal. A kind wanted twice is watched once. */
export function createInformers(
  client: ApiClient,
  wants: readonly Want[],
  options: InformerOptions,
): RunningInformers {
  const { signal, clock = systemClock, random = systemRandom, log = silentLog } = options
  const informers = new Map<Kind, Informer>()
  const running: Promise<void>[] = []
  for (const { kind, ...selection } of wants) {
    if (informers.has(kind)) continue
    const informer = createInformer(log.with({ kind }))
    informers.set(kind, informer)
    const reflector = {
      client: client.dynamic,
      resource: kindEntry(kind),
      selection: selection satisfies ReadOptions,
      clock,
      random,
    }
    running.push(runReflector(reflector, informer.mirror, signal))
  }
  const of = (kind: Kind): Informer => {
    const informer = informers.get(kind)
    if (!informer) throw new Error(`${kind} is not watched here: add it to the wants`)
    return informer
  }
  const shown = (kind: Kind, isShown: () => boolean, waitSignal?: AbortSignal) =>
    of(kind).until(isShown, waitSignal ? AbortSignal.any([signal, waitSignal]) : signal)

  return {
    listers: listersOf(of),
    onChange: (kind, handle) => of(kind).onChange(handle as never),
    synced: async (waitSignal) => {
      const kinds = [...informers.keys()]
      await Promise.all(kinds.map((kind) => shown(kind, () => of(kind).revision > 0, waitSignal)))
    },
    caughtUp: (kind, revision, waitSignal) =>
      shown(kind, () => of(kind).revision >= revision, waitSignal),
    shown,
    isWanted: (kind) => informers.has(kind),
    revision: (kind) => of(kind).revision,
    ended: Promise.all(running).then(() => {}),
  }
}

/** A lister for each kind, looked up when used: only wanted kinds have one. */
function listersOf(of: (kind: Kind) => Informer): Listers {
  return new Proxy({} as Listers, {
    get: (_, kind) => of(kind as Kind).cache as unknown as Lister<KindMap[Kind]>,
  })
}

interface Informer {
  readonly cache: ObjectCache<KubeObject>
  readonly mirror: Mirror
  /** The last revision seen, 0 before the first list. */
  readonly revision: number
  onChange(handle: (change: ObjectChange<KubeObject>) => void): void
  until(isTrue: () => boolean, signal: AbortSignal): Promise<void>
}

function createInformer(log: Log): Informer {
  const handlers: ((change: ObjectChange<KubeObject>) => void)[] = []
  const waiters = new Set<() => void>()
  let revision = 0
  const cache = createObjectCache<KubeObject>((change) => {
    for (const handle of handlers) handle(change)
  })
  return {
    cache,
    mirror: {
      put: (object) => cache.put(withoutManagedFields(object)),
      remove: cache.remove,
      replace: (objects) => cache.replace(objects.map(withoutManagedFields)),
      reached(resourceVersion) {
        revision = Math.max(revision, Number(resourceVersion) || 0)
        for (const check of [...waiters]) check()
      },
      failed: (error) => log.warn('watch failed, trying again', { error }),
    },
    get revision() {
      return revision
    },
    onChange(handle) {
      handlers.push(handle)
      for (const current of cache.list()) handle({ current })
    },
    until: (isTrue, signal) =>
      new Promise((resolve, reject) => {
        if (isTrue()) return resolve()
        const end = () => {
          waiters.delete(check)
          signal.removeEventListener('abort', abort)
        }
        const check = () => {
          if (!isTrue()) return
          end()
          resolve()
        }
        const abort = () => {
          end()
          reject(signal.reason)
        }
        waiters.add(check)
        if (signal.aborted) abort()
        else signal.addEventListener('abort', abort)
      }),
  }
}

/** Half of many objects, and of no use to a part; the server fills it in again on update. */
function withoutManagedFields(object: KubeObject): KubeObject {
  if (!object.metadata.managedFields) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
