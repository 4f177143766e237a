// Takes away the finalizer by which a Job holds its Pods until it has counted them.

import { keyOf } from '../../api/meta.ts'
import type { Pod } from '../../api/types.gen.ts'
import type { Action } from '../../client/plan.ts'
import { trackingFinalizer } from './count.ts'

export function releasePod(pod: Pod): readonly Action[] {
  const { finalizers = [], uid } = pod.metadata
  if (!finalizers.includes(trackingFinalizer)) return []
  const { resourceVersion } = pod.metadata
  const kept = finalizers.filter((each) => each !== trackingFinalizer)
  const patch = { metadata: { uid, resourceVersion, finalizers: kept } }
  const key = keyOf(pod)
  return [{ verb: 'patch', kind: 'Pod', key, type: 'merge', patch, ignore: ['NotFound'] }]
}
