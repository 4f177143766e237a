// Shell: keeps the condition Available of each APIService true. Observes APIServices, and while
// another server is behind one, Services and EndpointSlices too; asks that server; writes status.

import { isReason } from '../../api/status-error.ts'
import type { APIService, EndpointSlice, Service } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { createQueue } from '../../lib/queue.ts'
import type { Following, Reader } from '../reader.ts'
import { remoteServiceOf } from './api-service.ts'
import type { ApiServices } from './api-services.ts'
import {
  availabilityOf,
  failedDiscovery,
  passed,
  type Verdict,
  withVerdict,
} from './availability.ts'
import type { Probe } from './probe.ts'

export interface AvailabilityOptions {
  readonly reader: Pick<Reader, 'send' | 'follow'>
  readonly services: Pick<ApiServices, 'get' | 'hasRemotes' | 'remotes'>
  readonly probe: Probe
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface AvailabilityWatch {
  /** An APIService has changed. */
  look(name: string): void
  /** Resolves after the signal has aborted and nothing is written any more. */
  run(): Promise<void>
}

/** What no event tells, such as a server that hangs, is found out after this time. */
const lookAgainMs = 30_000

export function createAvailabilityWatch(options: AvailabilityOptions): AvailabilityWatch {
  const { services, clock, log, signal } = options
  const queue = createQueue({ clock, signal, backoff: { firstMs: 5, lastMs: 30_000 } })
  const backing = createBacking(options, (namespace, name) => {
    for (const remote of services.remotes()) {
      const { service } = remote
      if (service.namespace === namespace && service.name === name) queue.add(remote.name)
    }
  })

  /** Throws while the server fails, so that it is asked again soon. */
  async function settle(name: string): Promise<void> {
    const service = services.get(name)
    if (!service) return
    if (service.spec.service) await backing.follow()
    const verdict = await verdictOn(service)
    await write(service, verdict)
    if (!service.spec.service) return
    queue.addAfter(name, lookAgainMs)
    if (verdict.reason === 'FailedDiscoveryCheck') throw new Error(verdict.message)
  }

  async function verdictOn(service: APIService): Promise<Verdict> {
    const { namespace = '', name = '' } = service.spec.service ?? {}
    const known = availabilityOf(service, backing.of(namespace, name))
    const remote = remoteServiceOf(service)
    if (known || !remote) return known ?? passed
    const failure = await options.probe(remote, backing.of(namespace, name).service)
    return failure === undefined ? passed : failedDiscovery(failure)
  }

  async function write(service: APIService, verdict: Verdict): Promise<void> {
    const conditions = withVerdict(service, verdict, clock.now())
    if (!conditions) return
    const { name } = service.metadata
    const { status, reason } = verdict
    log.info('availability of an APIService', { name, available: status, reason })
    await writeStatus(options.reader, { ...service, status: { ...service.status, conditions } })
  }

  async function work(): Promise<void> {
    for (let name = await queue.take(); name !== undefined; name = await queue.take()) {
      try {
        await settle(name)
        queue.forget(name)
      } catch (error) {
        if (!signal.aborted) log.info('APIService not available', { name, error: String(error) })
        queue.retry(name)
      } finally {
        queue.done(name)
      }
    }
  }

  return {
    look: queue.add,
    run: async () => {
      // Servers that hang do not keep others waiting.
      await Promise.all(Array.from({ length: 5 }, work))
      await backing.ended()
    },
  }
}

const headers = { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' }

async function writeStatus({ send }: Pick<Reader, 'send'>, service: APIService): Promise<void> {
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${service.metadata.name}/status`
  try {
    await send({ method: 'PUT', path, headers, body: JSON.stringify(service) })
  } catch (error) {
    // Another writer came first, or it is gone: the event will be looked at.
    if (!isReason(error, 'Conflict', 'NotFound')) throw error
  }
}

/** Services and their EndpointSlices, followed from the first time they are needed. */
function createBacking(
  { reader, signal }: AvailabilityOptions,
  changed: (namespace: string, name: string) => void,
) {
  const known = new Map<string, Service>()
  const slices = new Map<string, Map<string, EndpointSlice>>()
  let following: Promise<readonly Following[]> | undefined

  const follow = () =>
    Promise.all([
      reader.follow(
        'Service',
        ({ previous, current }) => {
          const { namespace = '', name = '' } = (current ?? previous)?.metadata ?? {}
          if (current) known.set(`${namespace}/${name}`, current)
          else known.delete(`${namespace}/${name}`)
          changed(namespace, name)
        },
        signal,
      ),
      reader.follow(
        'EndpointSlice',
        ({ previous, current }) => {
          const { namespace = '', name = '', labels } = (current ?? previous)?.metadata ?? {}
          const owner = labels?.['kubernetes.io/service-name'] ?? ''
          const ofOwner = slices.get(`${namespace}/${owner}`) ?? new Map<string, EndpointSlice>()
          if (current) ofOwner.set(name, current)
          else ofOwner.delete(name)
          if (ofOwner.size > 0) slices.set(`${namespace}/${owner}`, ofOwner)
          else slices.delete(`${namespace}/${owner}`)
          changed(namespace, owner)
        },
        signal,
      ),
    ])

  return {
    follow: () => (following ??= follow()),
    of: (namespace: string, name: string) => ({
      service: known.get(`${namespace}/${name}`),
      slices: [...(slices.get(`${namespace}/${name}`)?.values() ?? [])],
    }),
    async ended() {
      await Promise.all((await following?.catch(() => []))?.map(({ ended }) => ended) ?? [])
    },
  }
}
