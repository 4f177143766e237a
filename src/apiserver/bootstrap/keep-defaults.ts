// What a cluster cannot do without is made anew when somebody deleted it: the namespaces of the
// system, the default ServiceCIDR, the `kubernetes` Service. Each API server looks every ten seconds.

import type { KubeObject } from '../../api/meta.ts'
import type { ServiceCIDR } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { type ServerEvent, serverEvents } from '../events.ts'
import type { Reader } from '../reader.ts'
import { createObject } from './bootstrap.ts'
import {
  type ClusterFacts,
  defaultServiceCidr,
  kubernetesService,
  namespaceObjects,
} from './cluster-objects.ts'
import type { StoredObject } from './stored-object.ts'
import { getStored } from './stored-reads.ts'

const everyMs = 10_000

export interface KeepOptions {
  readonly reader: Reader
  readonly facts: ClusterFacts
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Goes on until the signal aborts. */
export async function keepDefaults(options: KeepOptions): Promise<void> {
  const { clock, log, signal } = options
  const tell = oncePerMessage(options)
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {})
    if (signal.aborted) return
    try {
      await keepOnce(options, tell)
    } catch (error) {
      if (!signal.aborted) log.warn('the cluster lacks what it needs', { error })
    }
  }
}

async function keepOnce(options: KeepOptions, tell: Tell): Promise<void> {
  const { facts } = options
  for (const object of namespaceObjects()) await keep(options, object)
  await keepCidr(options, tell)
  // It has its address from the ServiceCIDR.
  await keep(options, kubernetesService(facts))
}

async function keep({ reader, clock }: KeepOptions, object: StoredObject): Promise<void> {
  if (!(await getStored(reader, object))) await createObject(reader, object, clock.now())
}

async function keepCidr({ reader, facts, clock }: KeepOptions, tell: Tell): Promise<void> {
  const wanted = defaultServiceCidr(facts)
  const cidr = await reader.get('ServiceCIDR', { name: wanted.metadata.name })
  if (!cidr) return createObject(reader, wanted, clock.now())
  const event = cidrEvent(cidr, facts)
  if (event) await tell(event)
}

/** A default ServiceCIDR that is not as this server was told, or that somebody took out of use. */
export function cidrEvent(
  cidr: ServiceCIDR,
  { serviceSubnet }: Pick<ClusterFacts, 'serviceSubnet'>,
): ServerEvent | undefined {
  if (cidr.metadata.deletionTimestamp) return undefined
  const regarding: KubeObject = cidr
  const cidrs = cidr.spec?.cidrs ?? []
  const configured = serviceSubnet.split(',')
  if (cidrs.join() !== configured.join()) {
    const [has, wants] = [cidrs, configured].map((list) => `[${list.join(' ')}]`)
    const message = `The default ServiceCIDR ${has} does not match the controller flag configurations ${wants}`
    return { regarding, reason: 'KubernetesDefaultServiceCIDRInconsistent', message }
  }
  const condition = cidr.status?.conditions?.find(({ type }) => type === 'Ready')
  if (condition?.status !== 'False') return undefined
  const message = `Configuration matches, but ${condition.message}`
  return { regarding, reason: condition.reason, message }
}

type Tell = (event: ServerEvent) => Promise<void>

function oncePerMessage({ reader, clock }: KeepOptions): Tell {
  const events = serverEvents(reader, 'kubernetes-service-cidr-controller', clock)
  let last = ''
  return async (event) => {
    if (event.message === last) return
    last = event.message
    await events.warn(event)
  }
}
