// Carries out a preemption: ends the victims and says by whom they had to go.

import { keyOf } from '../api/meta.ts'
import { isReason } from '../api/status-error.ts'
import type { Pod } from '../api/types.gen.ts'
import type { CycleContext, Rejection } from './plugin.ts'
import { filterPlugins } from './plugins.ts'
import { planPreemption } from './preemption.ts'
import type { SchedulerParts } from './scheduler.ts'

export interface Room {
  /** For the failure message; absent where room is being made. */
  readonly message?: string
  readonly nodeName?: string
  readonly work?: Promise<unknown>
}

export function preempt(
  context: CycleContext,
  rejections: ReadonlyMap<string, Rejection>,
  parts: SchedulerParts,
): Room {
  const plan = planPreemption(context, rejections, filterPlugins)
  if ('message' in plan) return { message: plan.message }
  const { nodeName, victims } = plan
  const work = Promise.all(victims.map((victim) => evict(victim, context.pod, nodeName, parts)))
  return { nodeName, work }
}

async function evict(
  victim: Pod,
  preemptor: Pod,
  nodeName: string,
  { client, recorder, clock, name }: SchedulerParts,
): Promise<void> {
  const { uid } = victim.metadata
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${name}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: `${clock.now().toISOString().slice(0, 19)}Z`,
  }
  try {
    await client.patch(
      'Pod',
      keyOf(victim),
      { metadata: { uid }, status: { conditions: [condition] } },
      { type: 'strategic', subresource: 'status' },
    )
    await client.delete('Pod', keyOf(victim), uid ? { preconditions: { uid } } : {})
  } catch (error) {
    if (!isReason(error, 'NotFound', 'Conflict')) throw error
  }
  const message = `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`
  recorder.record(victim, 'Normal', 'Preempted', message, { action: 'Preempting' })
}
