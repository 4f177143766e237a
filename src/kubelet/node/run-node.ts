// Keeps the Node object true: registers it, then looks every 10 s (more often until it is ready)
// and writes what changed, or a heartbeat every 5 min.

import { isDeepStrictEqual } from 'node:util'
import { isReason } from '../../api/status-error.ts'
import type { Node, NodeCondition, NodeStatus } from '../../api/types.gen.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { ImageService, RuntimeService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { timeText } from '../pod/container-status.ts'
import { type MachineFacts, readMachineUse } from './machine.ts'
import { conditionEvents, nodeConditions, withTimes } from './node-conditions.ts'
import { type Capacity, type NodeSettings, newNode, nodeLabels, nodeStatus } from './node-object.ts'

export interface NodeKeeping {
  readonly settings: NodeSettings
  readonly machine: MachineFacts
  readonly capacity: Capacity
  readonly folder: string
  readonly client: Client
  readonly recorder: EventRecorder
  readonly runtime: RuntimeService
  readonly images: ImageService
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const lookEveryMs = 10_000
const lookSoonMs = 250
const heartbeatEveryMs = 300_000
const retryMs = 500

/** Resolves when the Node is in the API, with its status as it is now. */
export async function registerNode(keeping: NodeKeeping): Promise<Node> {
  const { settings, machine, client, clock, log, signal } = keeping
  tell(keeping, 'Starting', 'Starting kubelet.')
  for (;;) {
    try {
      const status = await statusNow(keeping, [])
      const node = newNode(settings, machine.architecture, status)
      const { name } = settings
      const created = await client.create('Node', node).catch((error: unknown) => {
        if (isReason(error, 'AlreadyExists')) return undefined
        throw error
      })
      const known = created ?? (await adopt(keeping, await client.get('Node', { name })))
      tellChanges(keeping, created ? undefined : known.status?.conditions, status.conditions ?? [])
      return await writeStatus(keeping, known, status)
    } catch (error) {
      if (signal.aborted) throw error
      log.warn('Node not registered, trying again', { error })
      await clock.sleep(retryMs, signal)
    }
  }
}

/** A Node of an earlier start keeps what others wrote; the kubelet's own labels are set again. */
async function adopt({ settings, machine, client }: NodeKeeping, node: Node): Promise<Node> {
  const labels = nodeLabels(settings, machine.architecture)
  const spec = node.spec.podCIDR ? {} : { podCIDR: settings.podCidr, podCIDRs: [settings.podCidr] }
  const patch = { metadata: { labels }, spec }
  return client.patch('Node', { name: settings.name }, patch, { type: 'strategic' })
}

export async function runNodeStatus(first: Node, keeping: NodeKeeping): Promise<void> {
  const { clock, log, signal } = keeping
  let node = first
  let writtenAtMs = clock.now().getTime()
  while (!signal.aborted) {
    await clock.sleep(isReady(node) ? lookEveryMs : lookSoonMs, signal).catch(() => {})
    if (signal.aborted) return
    try {
      const nowMs = clock.now().getTime()
      const before = node.status?.conditions ?? []
      const status = await statusNow(keeping, before)
      const isDue = nowMs - writtenAtMs >= heartbeatEveryMs
      if (!isDue && isSame(node.status ?? {}, status)) continue
      tellChanges(keeping, before, status.conditions ?? [])
      node = await writeStatus(keeping, node, status)
      writtenAtMs = nowMs
    } catch (error) {
      if (!signal.aborted) log.warn('Node status not written', { error })
      if (isReason(error, 'NotFound')) node = await registerNode(keeping)
    }
  }
}

async function statusNow(
  keeping: NodeKeeping,
  before: readonly NodeCondition[],
): Promise<NodeStatus> {
  const { settings, machine, capacity, runtime, images, clock, folder } = keeping
  const [version, state, listed, use] = await Promise.all([
    runtime.version(),
    runtime.status(),
    images.listImages(),
    readMachineUse(folder),
  ])
  const facts = {
    name: version.runtimeName,
    version: version.runtimeVersion,
    handlers: state.runtimeHandlers,
    images: listed,
  }
  const now = timeText(clock.now().getTime())
  return {
    ...nodeStatus(settings, machine, { capacity, runtime: facts }),
    conditions: withTimes(nodeConditions(state.conditions, use), before, now),
  }
}

/** Only what differs is sent; capacities that others added (extended resources) stay. */
async function writeStatus(keeping: NodeKeeping, node: Node, status: NodeStatus): Promise<Node> {
  const { client, settings } = keeping
  const current: Readonly<Record<string, unknown>> = { ...node.status }
  const { addresses, ...rest } = status
  const changed = Object.entries(rest).filter(
    ([field, value]) => !isDeepStrictEqual(current[field], value),
  )
  const isMoved = !isDeepStrictEqual(current['addresses'], addresses)
  const patch = {
    status: {
      ...Object.fromEntries(changed),
      ...(isMoved && { addresses: [{ $patch: 'replace' }, ...(addresses ?? [])] }),
    },
  }
  const options = { type: 'strategic', subresource: 'status' } as const
  return client.patch('Node', { name: settings.name }, patch, options)
}

function isSame(before: NodeStatus, after: NodeStatus): boolean {
  return isDeepStrictEqual(withoutHeartbeat(before), withoutHeartbeat({ ...before, ...after }))
}

function withoutHeartbeat({ conditions = [], ...rest }: NodeStatus): object {
  return { ...rest, conditions: conditions.map(({ lastHeartbeatTime: _, ...kept }) => kept) }
}

function isReady({ status }: Node): boolean {
  return (
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  )
}

function tellChanges(
  keeping: NodeKeeping,
  before: readonly NodeCondition[] | undefined,
  after: readonly NodeCondition[],
): void {
  for (const { reason, message } of conditionEvents(keeping.settings.name, before, after))
    tell(keeping, reason, message)
}

/** Events of the kubelet name the Node by its name in place of its uid, as upstream's do. */
function tell({ recorder, settings }: NodeKeeping, reason: string, message: string): void {
  const { name } = settings
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } }
  recorder.record(node, 'Normal', reason, message)
}
