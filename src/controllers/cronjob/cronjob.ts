// CronJobs: what the plan needs to see, gathered from the listers.

import type { Controller } from '../../client/controller.ts'
import { type Observed, planCronJob } from './plan.ts'

export const cronJobController: Controller<Observed> = {
  name: 'cronjob-controller',
  reconciles: 'CronJob',
  owns: ['Job'],
  observe(key, { CronJob, Job }) {
    const cronJob = CronJob.get(key)
    return cronJob && { cronJob, jobs: Job.controlledBy(cronJob.metadata.uid ?? '') }
  },
  plan: planCronJob,
}
