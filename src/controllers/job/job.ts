// Jobs: what the plan needs to see, gathered from the listers.

import type { Controller } from '../../client/controller.ts'
import { candidatesOf, orphanMatches } from '../replicaset/replicaset.ts'
import { type Observed, planJob } from './plan.ts'

export const jobController: Controller<Observed> = {
  name: 'job-controller',
  reconciles: 'Job',
  owns: ['Pod'],
  triggers: {
    Pod: (change, { Job }) =>
      orphanMatches(change, (namespace) =>
        Job.list(namespace).flatMap((job) =>
          job.spec.selector ? [[job, job.spec.selector] as const] : [],
        ),
      ),
  },
  observe(key, listers) {
    const job = listers.Job.get(key)
    const { selector } = job?.spec ?? {}
    return job && selector && { job, candidates: candidatesOf(job, selector, listers) }
  },
  plan: planJob,
}
