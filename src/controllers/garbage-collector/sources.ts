// Everything that can be owned: every resource that can be listed, watched and deleted, shared
// informers where there are some, and else a watch of metadata alone.

import { type Kind, kinds } from '../../api/kinds.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { ApiResource } from '../../client/dynamic-client.ts'
import type { ObjectChange } from '../../client/informer.ts'
import { createObjectCache } from '../../client/object-cache.ts'
import { runReflector } from '../../client/reflector.ts'
import { type DiscoveredResource, discover } from '../discovery.ts'
import type { ControllersShell } from '../start.ts'

export interface Sources {
  /** The resource of a kind in a group, in the version that is preferred. */
  resourceOf(apiVersion: string, kind: string): ApiResource | undefined
  /** Follows what the API server has now: watches what is new, stops watching what is gone. */
  refresh(): Promise<void>
  /** Resolves when all that is watched has been listed, or after half a minute. */
  listed(): Promise<void>
}

type Handle = (resource: ApiResource, change: ObjectChange<KubeObject>) => void

const longestListMs = 30_000
/** Nobody owns events, and there are many. */
const ignored = new Set(['/events', 'events.k8s.io/events'])

export function createSources(shell: ControllersShell, handle: Handle): Sources {
  const { client, informers, clock, signal } = shell
  const watched = new Map<string, AbortController>()
  const byKind = new Map<string, ApiResource>()
  const shared = new Set<string>()
  let lists: Promise<void>[] = []

  const follow = (resource: DiscoveredResource) => {
    const name = nameOf(resource)
    const kind = sharedKind(resource)
    if (kind && informers.isWanted(kind)) {
      if (shared.has(name)) return
      shared.add(name)
      informers.onChange(kind, (change) => handle(resource, change))
      return
    }
    if (watched.has(name)) return
    const stop = new AbortController()
    watched.set(name, stop)
    lists.push(watchMetadata(resource, stop))
  }

  const watchMetadata = (resource: ApiResource, stop: AbortController): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cache = createObjectCache<KubeObject>((change) => handle(resource, change))
    const options = {
      ...shell,
      client: client.dynamic,
      resource,
      selection: { metadataOnly: true },
    }
    const mirror = {
      put: (object: KubeObject) => cache.put(slim(object)),
      remove: cache.remove,
      replace: (objects: readonly KubeObject[]) => cache.replace(objects.map(slim)),
      reached: () => resolve(),
      failed: () => {},
    }
    void runReflector(options, mirror, AbortSignal.any([signal, stop.signal])).then(() => {
      if (!signal.aborted) cache.replace([])
    })
    return promise
  }

  return {
    resourceOf: (apiVersion, kind) => byKind.get(`${groupOf(apiVersion)}/${kind}`),
    async refresh() {
      const { resources, failures } = await discover(client.dynamic)
      const deletable = resources.filter(
        (resource) =>
          ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb)) &&
          !ignored.has(nameOf(resource)),
      )
      for (const resource of resources) byKind.set(`${resource.group}/${resource.kind}`, resource)
      for (const resource of deletable) follow(resource)
      // A group that does not answer may be back soon: only what is known to be gone is let go.
      if (failures.length > 0) return
      const names = new Set(deletable.map(nameOf))
      for (const [name, stop] of watched) {
        if (names.has(name)) continue
        watched.delete(name)
        stop.abort()
      }
    },
    async listed() {
      const waiting = Promise.all(lists)
      lists = []
      const stop = new AbortController()
      const late = clock.sleep(longestListMs, AbortSignal.any([signal, stop.signal]))
      await Promise.race([waiting, late]).catch(() => {})
      stop.abort()
      await late.catch(() => {})
    },
  }
}

const nameOf = ({ group, plural }: ApiResource) => `${group}/${plural}`
const groupOf = (apiVersion: string) =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''

/** The kind by which informers may know the resource. */
function sharedKind({ group, version, plural }: ApiResource): Kind | undefined {
  const entry = kinds.find(
    (each) => each.group === group && each.version === version && each.plural === plural,
  )
  return entry && group !== 'events.k8s.io' ? (entry.kind as Kind) : undefined
}

/** Only what the graph needs. */
function slim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata
  const { ownerReferences, finalizers, deletionTimestamp } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(ownerReferences && { ownerReferences }),
      ...(finalizers && { finalizers }),
      ...(deletionTimestamp && { deletionTimestamp }),
    },
  }
}
