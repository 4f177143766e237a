// How objects of the built-in kinds end: which are given time, which keep their dependents.

import type { KindEntry } from '../../api/kinds.ts'
import { markForCleanup } from '../crd/before-deletion.ts'
import { type ApiObject, listAt, textAt, valueAt } from './api-object.ts'
import type { DeletionRules } from './resource.ts'

const ordinary: Omit<DeletionRules, 'returnsObject'> = {
  dependents: 'delete',
  gracePeriod: undefined,
  isTwoPhase: false,
  mayDeleteOnUpdate: () => true,
}

const particular: Readonly<Record<string, Partial<DeletionRules>>> = {
  '/Pod': { gracePeriod: podGracePeriod },
  '/Event': { dependents: 'unsupported' },
  'events.k8s.io/Event': { dependents: 'unsupported' },
  '/ReplicationController': { dependents: 'orphan' },
  '/Namespace': {
    isTwoPhase: true,
    mayDeleteOnUpdate: (object) => listAt(object, 'spec', 'finalizers').length === 0,
  },
  'batch/Job': { dependents: 'orphan' },
  'apiextensions.k8s.io/CustomResourceDefinition': { beforeDeletion: markForCleanup },
}

export function deletionRules(entry: KindEntry): DeletionRules {
  return {
    ...ordinary,
    returnsObject: entry.deleteReturns === 'object',
    ...particular[`${entry.group}/${entry.kind}`],
  }
}

/** A Pod that no node runs any more, or yet, needs no time to end. */
function podGracePeriod(pod: ApiObject, askedSeconds: number | undefined): number {
  const phase = textAt(pod, 'status', 'phase')
  if (!textAt(pod, 'spec', 'nodeName') || phase === 'Failed' || phase === 'Succeeded') return 0
  const own = valueAt(pod, 'spec', 'terminationGracePeriodSeconds')
  const seconds = askedSeconds ?? (typeof own === 'number' ? own : 0)
  return seconds < 0 ? 1 : seconds
}
