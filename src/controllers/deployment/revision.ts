// Revisions of a Deployment: numbers and bookkeeping kept in annotations of its ReplicaSets.

import type { Deployment, DeploymentCondition, ReplicaSet } from '../../api/types.gen.ts'
import { setCondition } from '../conditions.ts'
import { maxSurge, replicasOf } from './strategy.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'
/** Bookkeeping and client state, which a ReplicaSet does not take over from its Deployment. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
])
const longestHistory = 2000

export type Annotations = Readonly<Record<string, string>>

/** Of 64 bits: a ReplicaSet that is taken over may have any. */
export function revisionOf({ metadata }: ReplicaSet | Deployment): bigint {
  const text = metadata.annotations?.[revisionAnnotation] ?? ''
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

/** The one after the latest of these. */
export function nextRevision(replicaSets: readonly ReplicaSet[]): bigint {
  const latest = replicaSets.map(revisionOf).reduce(later, 0n)
  return latest + 1n
}

export const later = (one: bigint, other: bigint) => (one > other ? one : other)

export function compareRevisions(one: ReplicaSet, other: ReplicaSet): number {
  const difference = revisionOf(one) - revisionOf(other)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The annotations the new ReplicaSet should have: the Deployment's, and its revision. */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  existing: ReplicaSet | undefined,
  revision: bigint,
): Annotations {
  const had = existing?.metadata.annotations ?? {}
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !notCopied.has(key),
  )
  const annotations: Record<string, string> = { ...had, ...Object.fromEntries(copied) }
  if (!existing || revision > revisionOf(existing)) {
    annotations[revisionAnnotation] = String(revision)
    const former = had[revisionAnnotation]
    // It had a number before: this is a return to an earlier revision.
    if (former) annotations[historyAnnotation] = extended(had[historyAnnotation], former)
  }
  return existing ? annotations : { ...annotations, ...replicasAnnotations(deployment) }
}

function extended(history: string | undefined, revision: string): string {
  const numbers = [...(history ? history.split(',') : []), revision]
  while (numbers.join(',').length > longestHistory) numbers.shift()
  return numbers.join(',')
}

/** The Deployment with its revision noted and, if there is one, the condition that tells of it. */
export function withRevision(
  deployment: Deployment,
  revision: bigint,
  progress: DeploymentCondition | undefined,
): Deployment {
  const { metadata, status } = deployment
  const annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) }
  return {
    ...deployment,
    metadata: { ...metadata, annotations },
    ...(progress && {
      status: { ...status, conditions: setCondition(status?.conditions, progress) },
    }),
  }
}

/** How many replicas the Deployment wanted, and could at most have, when this was scaled. */
export function replicasAnnotations(deployment: Deployment): Annotations {
  const replicas = replicasOf(deployment)
  return {
    [desiredAnnotation]: String(replicas),
    [maxAnnotation]: String(replicas + maxSurge(deployment)),
  }
}

export function desiredReplicas({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[desiredAnnotation])
}

export function maxReplicas({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[maxAnnotation])
}

const numberOf = (text: string | undefined) =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
