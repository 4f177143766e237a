// Pods whose Job is gone: nobody will count them any more, so nothing holds them.

import { controllerOf, keyOf } from '../../api/meta.ts'
import type { Pod } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { releasePod } from './release-pod.ts'

export const jobOrphans: Controller<Pod> = {
  name: 'job-controller',
  reconciles: 'Pod',
  triggers: {
    Job: ({ previous, current }, { Pod }) =>
      current ? [] : Pod.controlledBy(previous?.metadata.uid ?? '').map(keyOf),
  },
  observe(key, { Pod, Job }) {
    const pod = Pod.get(key)
    const owner = pod && controllerOf(pod)
    if (!pod || (owner && owner.kind !== 'Job')) return undefined
    const { namespace = '' } = pod.metadata
    const job = owner && Job.get({ namespace, name: owner.name })
    return job && job.metadata.uid === owner.uid ? undefined : pod
  },
  plan: (pod) => ({ actions: releasePod(pod) }),
}
