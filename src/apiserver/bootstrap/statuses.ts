// The conditions that objects made at bootstrap have from the start.

import type { Condition } from '../../api/types.gen.ts'
import type { StoredObject } from './stored-object.ts'

export function conditionOf({ kind }: StoredObject, now: Date): Condition | undefined {
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`
  if (kind === 'APIService')
    return {
      type: 'Available',
      status: 'True',
      reason: 'Local',
      message: 'Local APIServices are always available',
      lastTransitionTime,
    }
  if (kind === 'ServiceCIDR')
    return {
      type: 'Ready',
      status: 'True',
      reason: '',
      message: 'Kubernetes default Service CIDR is ready',
      lastTransitionTime,
    }
  return undefined
}
