// Decides which Pods a ReplicaSet or ReplicationController should create, delete, adopt, release.
// In: the owner and the Pods it could claim. Out: writes, and the status as it was observed.

import { matchesLabels } from '../../api/selector/match.ts'
import type {
  LabelSelector,
  Pod,
  PodTemplateSpec,
  ReplicaSet,
  ReplicaSetCondition,
  ReplicaSetStatus,
  ReplicationController,
} from '../../api/types.gen.ts'
import {
  type Action,
  create,
  deleteObject,
  type Plan,
  updateStatus,
  type Write,
} from '../../client/plan.ts'
import { findCondition, removeCondition, setCondition } from '../conditions.ts'
import { podFromTemplate } from '../new-pod.ts'
import { claim } from '../ownership.ts'
import { isActive, isAvailable, isReady, isTerminating, nextAvailableInMs } from '../pod-state.ts'
import { isSame } from '../template-hash.ts'
import { rankForDeletion } from './ranking.ts'

export interface Observed {
  readonly owner: ReplicaSet | ReplicationController
  readonly selector: LabelSelector
  /** Pods it controls, and those without a controller that its selector matches. */
  readonly candidates: readonly Pod[]
  /** Pods of all ReplicaSets of the same Deployment, for spreading deletions. */
  readonly related: readonly Pod[]
}

/** Writes of one kind in one plan; the rest follows when the caches show these. */
const mostAtOnce = 500

export function planReplicas(observed: Observed, now: Date): Plan {
  const { owner, selector, candidates } = observed
  const minReadySeconds = owner.spec.minReadySeconds ?? 0
  const { claimed, actions } = claim({ owner, selector, kind: 'Pod', candidates })
  const active = claimed.filter(isActive)
  const missing = owner.metadata.deletionTimestamp ? 0 : wantedReplicas(owner) - active.length
  const waitMs = nextAvailableInMs(active, minReadySeconds, now)
  return {
    actions: [
      ...actions,
      ...manage(observed, active, missing, now),
      ...writeStatus(owner, statusOf(owner, claimed, now)),
    ],
    afterFailure: (error) => {
      const status = statusOf(owner, claimed, now)
      const failed =
        missing === 0 ? status : withFailure(owner, status, failureOf(missing, error, now))
      return writeStatus(owner, failed)
    },
    ...(waitMs !== undefined && { requeueAfterMs: waitMs }),
  }
}

const wantedReplicas = ({ spec }: Observed['owner']) => spec.replicas ?? 1
const templateOf = ({ spec }: Observed['owner']): PodTemplateSpec => spec.template ?? {}

function manage(
  { owner, related }: Observed,
  active: readonly Pod[],
  missing: number,
  now: Date,
): readonly Action[] {
  if (missing > 0) {
    const count = Math.min(missing, mostAtOnce)
    return [{ verb: 'batches', writes: Array.from({ length: count }, () => createPod(owner)) }]
  }
  if (missing === 0) return []
  const count = Math.min(-missing, mostAtOnce)
  const ranked = count < active.length ? rankForDeletion(active, related, now) : active
  return ranked.slice(0, count).map((pod) => deletePod(owner, pod))
}

function createPod(owner: Observed['owner']): Write {
  const write = create('Pod', podFromTemplate(owner, templateOf(owner)), {
    success: ({ metadata }) => ({
      regarding: owner,
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${metadata.name}`,
    }),
    failure: (error) => ({
      regarding: owner,
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${error.message}`,
    }),
  })
  return { ...write, ignore: ['NamespaceTerminating'] }
}

function deletePod(owner: Observed['owner'], pod: Pod): Write {
  return deleteObject('Pod', pod, {
    report: {
      success: () => ({
        regarding: owner,
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${pod.metadata.name}`,
      }),
      failure: (error) => ({
        regarding: owner,
        type: 'Warning',
        reason: 'FailedDelete',
        message: `Error deleting: ${error.message}`,
      }),
    },
  })
}

function statusOf(owner: Observed['owner'], claimed: readonly Pod[], now: Date): ReplicaSetStatus {
  const active = claimed.filter(isActive)
  const { labels = {} } = templateOf(owner).metadata ?? {}
  const minReadySeconds = owner.spec.minReadySeconds ?? 0
  const ready = active.filter(isReady)
  const available = ready.filter((pod) => isAvailable(pod, minReadySeconds, now))
  const labeled = active.filter(({ metadata }) => matchesLabels(labels, metadata.labels))
  const conditions = removeCondition(owner.status?.conditions, 'ReplicaFailure')
  return {
    replicas: active.length,
    ...positive('fullyLabeledReplicas', labeled.length),
    ...positive('readyReplicas', ready.length),
    ...positive('availableReplicas', available.length),
    // ReplicationControllers do not count these.
    ...(owner.kind === 'ReplicaSet' && {
      terminatingReplicas: claimed.filter(isTerminating).length,
    }),
    observedGeneration: owner.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  }
}

/** One that is there stays as it is: to write every error anew would call for the next attempt. */
function withFailure(
  { status: before }: Observed['owner'],
  status: ReplicaSetStatus,
  failure: ReplicaSetCondition,
): ReplicaSetStatus {
  const known = findCondition(before?.conditions, failure.type)
  return { ...status, conditions: setCondition(status.conditions, known ?? failure) }
}

function failureOf(missing: number, error: Error, now: Date): ReplicaSetCondition {
  return {
    type: 'ReplicaFailure',
    status: 'True',
    reason: missing > 0 ? 'FailedCreate' : 'FailedDelete',
    message: error.message,
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
  }
}

/** Zero counts are left out, as the wire form leaves them out. */
const positive = (field: string, count: number) => (count > 0 ? { [field]: count } : {})

function writeStatus(owner: Observed['owner'], status: ReplicaSetStatus): readonly Action[] {
  if (isSame(withoutZeros(owner.status), withoutZeros(status))) return []
  return owner.kind === 'ReplicaSet'
    ? [updateStatus('ReplicaSet', { ...owner, status })]
    : [updateStatus('ReplicationController', { ...owner, status })]
}

function withoutZeros(status: ReplicaSetStatus | undefined): object {
  return Object.fromEntries(
    Object.entries({ ...status }).filter(
      ([field, value]) => value !== 0 || field === 'replicas' || field === 'terminatingReplicas',
    ),
  )
}
