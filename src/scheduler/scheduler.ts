// The scheduler: takes Pods without a node, decides, binds. Decisions are made one after another
// against a cache that counts what was decided; bindings run beside them.

import { keyOf } from '../api/meta.ts'
import type { Pod } from '../api/types.gen.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { RunningInformers } from '../client/informers.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import { createSchedulerCache, type SchedulerCache } from './cache.ts'
import { feedScheduler, isOurs, viewOf } from './feed.ts'
import { withNominated } from './nominated.ts'
import type { ClusterView, CycleContext } from './plugin.ts'
import { filterPlugins, scorePlugins } from './plugins.ts'
import { preempt } from './preempt.ts'
import { failureMessage, schedulePod } from './schedule.ts'
import { createSchedulingQueue, type QueuedPod, type SchedulingQueue } from './scheduling-queue.ts'

export interface SchedulerShell {
  readonly client: Client
  readonly informers: RunningInformers
  readonly recorder: EventRecorder
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** spec.schedulerName of the Pods that this scheduler is for. */
  readonly name: string
}

export interface SchedulerParts extends SchedulerShell {
  readonly cache: SchedulerCache
  readonly queue: SchedulingQueue
  readonly cluster: ClusterView
}

/** Runs until the signal aborts; resolves when the last binding has ended. */
export async function runScheduler(shell: SchedulerShell): Promise<void> {
  const { informers, clock, signal } = shell
  const cache = createSchedulerCache()
  const queue = createSchedulingQueue(clock, signal)
  const parts = { ...shell, cache, queue, cluster: viewOf(informers.listers) }
  feedScheduler(parts)
  try {
    await informers.synced(signal)
  } catch {
    return
  }
  const binding = new Set<Promise<void>>()
  for (let entry = await queue.take(); entry; entry = await queue.take()) {
    const bound = scheduleOne(entry, parts)
    if (!bound) continue
    binding.add(bound)
    void bound.finally(() => binding.delete(bound))
  }
  await Promise.allSettled(binding)
}

/** Decides at once; what it gives back is the work that goes on beside the next decision. */
function scheduleOne(entry: QueuedPod, parts: SchedulerParts): Promise<void> | undefined {
  const { cache, cluster, informers, random } = parts
  const pod = informers.listers.Pod.get(keyOf(entry.pod))
  // Gone, or another Pod by now, or placed meanwhile.
  if (!pod || pod.metadata.uid !== entry.pod.metadata.uid) return undefined
  if (!isOurs(pod, parts.name) || cache.isAssumed(pod)) return undefined
  const fresh = { ...entry, pod }
  const snapshot = withNominated(cache.snapshot(), pod, cluster)
  const context: CycleContext = { pod, snapshot, cluster }
  const decision = schedulePod(context, { filters: filterPlugins, scores: scorePlugins })
  if (!('best' in decision)) return fail(fresh, parts, { context, decision })
  const nodeName = decision.best[random.below(decision.best.length)] ?? ''
  cache.assume(pod, nodeName)
  return bind(fresh, nodeName, parts)
}

async function bind(entry: QueuedPod, nodeName: string, parts: SchedulerParts): Promise<void> {
  const { client, recorder, cache, queue, log, signal } = parts
  const { pod } = entry
  const { namespace = '', name, uid = '' } = pod.metadata
  try {
    await client.post('Pod', { namespace, name }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: nodeName },
    })
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
    recorder.record(pod, 'Normal', 'Scheduled', message, { action: 'Binding' })
  } catch (error) {
    if (signal.aborted) return
    cache.forget(pod)
    log.warn('binding failed', { pod: `${namespace}/${name}`, error })
    const message = error instanceof Error ? error.message : String(error)
    recorder.record(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' })
    queue.retry(entry)
  }
}

interface Failure {
  readonly context: CycleContext
  readonly decision: Exclude<ReturnType<typeof schedulePod>, { best: unknown }>
}

/** Says why, makes room if that helps, and parks the Pod until something changes. */
async function fail(
  entry: QueuedPod,
  parts: SchedulerParts,
  { context, decision }: Failure,
): Promise<void> {
  const { client, recorder, clock, queue, log, signal } = parts
  const { pod } = entry
  const base = failureMessage(context.snapshot, decision)
  const room =
    context.snapshot.nodes.length > 0 ? preempt(context, decision.nodes, parts) : undefined
  const message = room?.message ? `${base} ${room.message}` : base
  recorder.record(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' })
  queue.park(entry)
  try {
    await room?.work
    const nominated = room?.nodeName ?? pod.status?.nominatedNodeName
    const patch = unschedulableStatus(pod, { message, nominated, now: clock.now() })
    if (patch) {
      await client.patch('Pod', keyOf(pod), patch, { type: 'strategic', subresource: 'status' })
    }
  } catch (error) {
    if (!signal.aborted) log.warn('status not written', { pod: pod.metadata.name, error })
  }
}

interface Unschedulable {
  readonly message: string
  readonly nominated: string | undefined
  readonly now: Date
}

function unschedulableStatus(pod: Pod, { message, nominated, now }: Unschedulable): unknown {
  const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const isSaid = current?.reason === 'Unschedulable' && current.message === message
  if (isSaid && nominated === pod.status?.nominatedNodeName) return undefined
  const time = `${now.toISOString().slice(0, 19)}Z`
  const since = current?.status === 'False' ? current.lastTransitionTime : undefined
  return {
    status: {
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message,
          lastTransitionTime: since ?? time,
          ...(pod.metadata.generation && { observedGeneration: pod.metadata.generation }),
        },
      ],
      ...(nominated && { nominatedNodeName: nominated }),
    },
  }
}
