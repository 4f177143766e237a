// The ReplicaSet of a Deployment's current template: recognized, or made.

import { controllerReference, keyOf } from '../../api/meta.ts'
import type { Deployment, ReplicaSet } from '../../api/types.gen.ts'
import { create, note, type Plan, updateStatus } from '../../client/plan.ts'
import { setCondition } from '../conditions.ts'
import { withLabels } from '../new-pod.ts'
import { isSame, templateHash } from '../template-hash.ts'
import { newReplicaSetAnnotations, nextRevision, withRevision } from './revision.ts'
import { condition, type Sets } from './status.ts'
import { newReplicas, progressDeadlineMs } from './strategy.ts'

const hashLabel = 'pod-template-hash'

interface Seen {
  /** The Deployment as it is, which events are about. */
  readonly deployment: Deployment
  /** Whoever has this name already. */
  readonly named: (name: string) => ReplicaSet | undefined
}

export function hasSameTemplate({ spec }: Deployment, set: ReplicaSet): boolean {
  return isSame(withoutHash(spec.template), withoutHash(set.spec.template))
}

function withoutHash(template: ReplicaSet['spec']['template'] = {}): unknown {
  const { labels = {}, annotations = {}, finalizers } = template.metadata ?? {}
  const { [hashLabel]: _, ...others } = labels
  return { labels: others, annotations, finalizers, spec: template.spec }
}

/** With the first size it may have; a name taken by another leads to the next choice of hash. */
export function createNewSet(sets: Sets, { deployment: seen, named }: Seen, now: Date): Plan {
  const { deployment, oldSets } = sets
  const collisionCount = deployment.status?.collisionCount ?? 0
  const hash = templateHash(deployment.spec.template, collisionCount)
  const name = `${deployment.metadata.name}-${hash}`
  if (named(name)) {
    const status = { ...deployment.status, collisionCount: collisionCount + 1 }
    return { actions: [updateStatus('Deployment', { ...deployment, status })] }
  }
  const revision = nextRevision(oldSets)
  const replicas = newReplicas(deployment, oldSets, 0)
  const newSet = newReplicaSet(deployment, { name, hash, replicas, revision })
  const progress = (status: 'True' | 'False', reason: string, message: string) =>
    progressDeadlineMs(deployment) === undefined
      ? undefined
      : condition('Progressing', status, reason, message, now)
  const scaled = `Scaled up replica set ${name} from 0 to ${replicas}`
  const failed = (error: Error) => `Failed to create new replica set "${name}": ${error.message}`
  const failureReason = 'ReplicaSetCreateError'
  return {
    actions: [
      create('ReplicaSet', newSet, {
        failure: (error) => ({
          regarding: seen,
          type: 'Warning',
          reason: failureReason,
          message: failed(error),
        }),
      }),
      ...(replicas > 0 ? [note(seen, 'Normal', 'ScalingReplicaSet', scaled)] : []),
      updateStatus(
        'Deployment',
        withRevision(
          deployment,
          revision,
          progress('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`),
        ),
      ),
    ],
    afterFailure: (error) => {
      const conditionOfFailure = progress('False', failureReason, failed(error))
      if (!conditionOfFailure) return []
      const conditions = setCondition(deployment.status?.conditions, conditionOfFailure)
      const status = { ...deployment.status, conditions }
      return [updateStatus('Deployment', { ...deployment, status })]
    },
  }
}

interface NewSet {
  readonly name: string
  readonly hash: string
  readonly replicas: number
  readonly revision: bigint
}

function newReplicaSet(
  deployment: Deployment,
  { name, hash, replicas, revision }: NewSet,
): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec
  const { namespace } = keyOf(deployment)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      ...(namespace && { namespace }),
      labels,
      annotations: newReplicaSetAnnotations(deployment, undefined, revision),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: withLabels(template, labels),
    },
  }
}
