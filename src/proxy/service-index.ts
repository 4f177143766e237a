// Which Services have changed, and the EndpointSlices of each: what the proxy's loop takes from.
// In: informers. Out: keys (namespace/name) of Services to plan again.

import { keyText } from '../api/meta.ts'
import type { EndpointSlice, Node, Service } from '../api/types.gen.ts'
import type { Informers } from '../client/informer.ts'

export interface ServiceIndex {
  /** Marks everything listed so far as changed. */
  start(): void
  service(key: string): Service | undefined
  slices(key: string): readonly EndpointSlice[]
  zone(node: string): string | undefined
  /** Whether a Service sends new connections to the address. */
  leadsTo(address: string): boolean
  /** Takes at most `limit` keys of changed Services. */
  take(limit: number): readonly string[]
  readonly hasChanges: boolean
  /** Resolves when a Service has changed, or the signal aborts. */
  changed(): Promise<void>
}

const serviceNameLabel = 'kubernetes.io/service-name'
const zoneLabel = 'topology.kubernetes.io/zone'

export function createServiceIndex(informers: Informers, signal: AbortSignal): ServiceIndex {
  const slicesOf = new Map<string, Map<string, EndpointSlice>>()
  const changedKeys = new Set<string>()
  let wake: () => void = () => {}

  const mark = (key: string) => {
    changedKeys.add(key)
    wake()
  }
  const markAll = () => {
    for (const service of informers.listers.Service.list()) mark(nameOf(service))
  }

  const keep = (slice: EndpointSlice) => {
    const key = serviceOf(slice)
    if (key === undefined) return
    const known = slicesOf.get(key) ?? new Map<string, EndpointSlice>()
    slicesOf.set(key, known.set(slice.metadata.name ?? '', slice))
    mark(key)
  }
  const drop = (slice: EndpointSlice) => {
    const key = serviceOf(slice)
    if (key === undefined) return
    const known = slicesOf.get(key)
    known?.delete(slice.metadata.name ?? '')
    if (known?.size === 0) slicesOf.delete(key)
    mark(key)
  }

  signal.addEventListener('abort', () => wake())
  informers.onChange('Service', ({ previous, current }) => {
    const service = current ?? previous
    if (service) mark(nameOf(service))
  })
  informers.onChange('EndpointSlice', ({ previous, current }) => {
    if (previous && (!current || serviceOf(previous) !== serviceOf(current))) drop(previous)
    if (current) keep(current)
  })
  informers.onChange('Node', ({ previous, current }) => {
    if (previous && zoneOf(previous) !== zoneOf(current)) markAll()
  })

  return {
    start() {
      for (const slice of informers.listers.EndpointSlice.list()) keep(slice)
      markAll()
    },
    service: (key) => {
      const [namespace = '', name = ''] = key.split('/')
      return informers.listers.Service.get({ namespace, name })
    },
    slices: (key) => [...(slicesOf.get(key)?.values() ?? [])],
    zone: (name) => zoneOf(informers.listers.Node.get({ name })),
    leadsTo: (address) =>
      [...slicesOf.values()].some((slices) =>
        [...slices.values()].some(({ endpoints }) =>
          (endpoints ?? []).some(
            ({ addresses, conditions }) =>
              conditions?.ready !== false && addresses.includes(address),
          ),
        ),
      ),
    take(limit) {
      const keys = [...changedKeys.values().take(limit)]
      for (const key of keys) changedKeys.delete(key)
      return keys
    },
    get hasChanges() {
      return changedKeys.size > 0
    },
    changed: () =>
      new Promise((resolve) => {
        wake = resolve
        if (changedKeys.size > 0 || signal.aborted) resolve()
      }),
  }
}

function nameOf({ metadata }: Service): string {
  return keyText({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
}

function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? undefined : keyText({ namespace: metadata.namespace ?? '', name })
}

function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[zoneLabel]
}
