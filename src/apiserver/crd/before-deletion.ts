// What a DELETE adds to a definition: it ends only when its objects are gone.

import type { CustomResourceDefinition } from '../../api/types.gen.ts'
import { type ApiObject, withMetadata } from '../registry/api-object.ts'
import { withCondition } from './conditions.ts'

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

type Status = NonNullable<CustomResourceDefinition['status']>

export function markForCleanup(object: ApiObject, now: Date): ApiObject {
  const { finalizers = [] } = object.metadata
  // Only objects of the kind, conformed to its schema, come here.
  const status = object['status'] as Status | undefined
  const conditions = withCondition(
    status?.conditions ?? [],
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message:
        'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    `${now.toISOString().slice(0, 19)}Z`,
  )
  const marked = { ...object, status: { ...status, conditions } }
  if (finalizers.includes(cleanupFinalizer)) return marked
  return withMetadata(marked, { finalizers: [...finalizers, cleanupFinalizer] })
}
