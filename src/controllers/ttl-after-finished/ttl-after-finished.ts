// Jobs that ask for it are deleted some time after they have finished.

import type { Job } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { deleteObject, nothing, type Plan } from '../../client/plan.ts'

export const ttlAfterFinished: Controller<Job> = {
  name: 'ttl-after-finished-controller',
  reconciles: 'Job',
  observe: (key, { Job }) => Job.get(key),
  plan: planTtl,
}

export function planTtl(job: Job, now: Date): Plan {
  const { ttlSecondsAfterFinished } = job.spec
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp) return nothing
  const finished = job.status?.conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  )
  if (!finished) return nothing
  const endedMs = Date.parse(finished.lastTransitionTime ?? '') || 0
  const leftMs = endedMs + ttlSecondsAfterFinished * 1000 - now.getTime()
  if (leftMs > 0) return { actions: [], requeueAfterMs: leftMs }
  return { actions: [deleteObject('Job', job, { propagationPolicy: 'Foreground' })] }
}
