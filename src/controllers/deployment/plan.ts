// Decides the next step of a Deployment: which ReplicaSet to make, scale or clean up, and what its
// status says. In: the Deployment and its ReplicaSets. Out: writes for one step; the next follows
// when the caches show it.

import type { Deployment, Pod, ReplicaSet } from '../../api/types.gen.ts'
import {
  type Action,
  deleteObject,
  note,
  type Plan,
  update,
  updateStatus,
} from '../../client/plan.ts'
import { findCondition, setCondition } from '../conditions.ts'
import { claim } from '../ownership.ts'
import { isSame } from '../template-hash.ts'
import { createNewSet, hasSameTemplate } from './new-set.ts'
import {
  compareRevisions,
  desiredReplicas,
  later,
  newReplicaSetAnnotations,
  nextRevision,
  revisionOf,
  withRevision,
} from './revision.ts'
import { doOldPodsRun, recreateStep, rollingStep } from './rollout.ts'
import { byCreation, isInUse, resizeIfNeeded, scaleAll } from './scale.ts'
import {
  allSets,
  condition,
  countedStatus,
  deadlineInMs,
  isComplete,
  rolloutStatus,
  type Sets,
} from './status.ts'
import { historyLimit, isRollingUpdate, progressDeadlineMs, replicasOf } from './strategy.ts'

export interface Observed {
  readonly deployment: Deployment
  /** Those it controls, and those without a controller that its selector matches. */
  readonly candidates: readonly ReplicaSet[]
  /** Whoever has this name already. */
  readonly named: (name: string) => ReplicaSet | undefined
  readonly podsOf: (replicaSetUid: string) => readonly Pod[]
}

export function planDeployment(observed: Observed, now: Date): Plan {
  return withoutSameStatus(nextStep(observed, now), observed.deployment)
}

function nextStep(observed: Observed, now: Date): Plan {
  const { deployment, candidates } = observed
  const { selector } = deployment.spec
  if (isEmpty(selector)) return selectsEverything(deployment)
  const { claimed, actions } = claim({
    owner: deployment,
    selector,
    kind: 'ReplicaSet',
    candidates,
  })
  // Taken over or let go first: the sizes of these count in everything that follows.
  if (actions.length > 0) return { actions }
  const sets = splitSets(deployment, claimed)
  if (deployment.metadata.deletionTimestamp) return finish(sets, [], countedStatus(sets, now), now)
  const pausing = pauseCondition(deployment, now)
  if (pausing) return { actions: [updateStatus('Deployment', pausing)] }
  const synced = syncNewSet(sets, now)
  if ('actions' in synced) return synced
  if (deployment.spec.paused || isScaling(synced)) {
    const cleaning = deployment.spec.paused ? cleanUp(synced) : []
    const scaling = [...scaleAll(synced), ...cleaning]
    return finish(synced, scaling, countedStatus(synced, now), now)
  }
  return rollOut(observed, synced, now)
}

function selectsEverything(deployment: Deployment): Plan {
  const { generation = 0 } = deployment.metadata
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  const isSeen = (deployment.status?.observedGeneration ?? 0) >= generation
  const status = { ...deployment.status, observedGeneration: generation }
  return {
    actions: [
      note(deployment, 'Warning', 'SelectingAll', message),
      ...(isSeen ? [] : [updateStatus('Deployment', { ...deployment, status })]),
    ],
  }
}

/** The new ReplicaSet is the oldest whose template is the Deployment's. */
function splitSets(deployment: Deployment, claimed: readonly ReplicaSet[]): Sets {
  const newSet = claimed.toSorted(byCreation).find((set) => hasSameTemplate(deployment, set))
  return { deployment, newSet, oldSets: claimed.filter((set) => set !== newSet) }
}

/** A pause or its end is written down, so that a deadline does not count the time between. */
function pauseCondition(deployment: Deployment, now: Date): Deployment | undefined {
  if (progressDeadlineMs(deployment) === undefined) return undefined
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined
  const isPaused = deployment.spec.paused === true
  if (isPaused === (current?.reason === 'DeploymentPaused')) return undefined
  const wanted = isPaused
    ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)
  const conditions = setCondition(deployment.status?.conditions, wanted)
  return { ...deployment, status: { ...deployment.status, conditions } }
}

/** Brings the new ReplicaSet's annotations up to date, then the Deployment's revision. */
function syncNewSet(sets: Sets, now: Date): Sets | Plan {
  const { deployment, newSet, oldSets } = sets
  if (!newSet) return sets
  const next = nextRevision(oldSets)
  const revision = later(next, revisionOf(newSet))
  const annotations = newReplicaSetAnnotations(deployment, newSet, next)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  const isCurrent =
    isSame(annotations, newSet.metadata.annotations ?? {}) &&
    (newSet.spec.minReadySeconds ?? 0) === minReadySeconds
  if (!isCurrent) {
    const metadata = { ...newSet.metadata, annotations }
    const spec = { ...newSet.spec, minReadySeconds }
    return { actions: [update('ReplicaSet', { ...newSet, metadata, spec })] }
  }
  const needsCondition =
    progressDeadlineMs(deployment) !== undefined &&
    !findCondition(deployment.status?.conditions, 'Progressing')
  const message = `Found new replica set "${newSet.metadata.name}"`
  const found = condition('Progressing', 'True', 'FoundNewReplicaSet', message, now)
  return {
    ...sets,
    deployment: withRevision(deployment, revision, needsCondition ? found : undefined),
  }
}

/** spec.replicas is not what the ReplicaSets were last sized for. */
function isScaling(sets: Sets): boolean {
  const wanted = replicasOf(sets.deployment)
  return allSets(sets)
    .filter(isInUse)
    .some((set) => (desiredReplicas(set) ?? wanted) !== wanted)
}

function rollOut(observed: Observed, sets: Sets, now: Date): Plan {
  const { deployment, newSet } = sets
  const finishRollout = (steps: readonly Action[]) =>
    finish(sets, steps, rolloutStatus(sets, now), now)
  if (!isRollingUpdate(deployment)) {
    const down = recreateStep(sets)
    if (down.length > 0 || doOldPodsRun(sets, observed.podsOf)) return finishRollout(down)
    if (!newSet) return createNewSet(sets, observed, now)
    const up = resizeIfNeeded(deployment, newSet, replicasOf(deployment))
    return finishRollout([...up, ...cleanUpWhenComplete(sets, now)])
  }
  if (!newSet) return createNewSet(sets, observed, now)
  const steps = rollingStep({ ...sets, newSet })
  return finishRollout(steps.length > 0 ? steps : cleanUpWhenComplete(sets, now))
}

function cleanUpWhenComplete(sets: Sets, now: Date): readonly Action[] {
  return isComplete(sets.deployment, countedStatus(sets, now)) ? cleanUp(sets) : []
}

/** Old ReplicaSets beyond the history limit, lowest revision first, if nothing is left of them. */
function cleanUp({ deployment, oldSets }: Sets): readonly Action[] {
  const limit = historyLimit(deployment)
  if (limit === undefined) return []
  const alive = oldSets.filter(({ metadata }) => !metadata.deletionTimestamp)
  return alive
    .toSorted((a, b) => compareRevisions(a, b) || byCreation(a, b))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(isLeft)
    .map((set) => deleteObject('ReplicaSet', set))
}

function isLeft({ metadata, spec, status }: ReplicaSet): boolean {
  const isObserved = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
  return (status?.replicas ?? 0) === 0 && spec.replicas === 0 && isObserved
}

/** Adds the status, where it or the revision changed, and comes back when the deadline is over. */
function finish(
  { deployment }: Sets,
  steps: readonly Action[],
  status: NonNullable<Deployment['status']>,
  now: Date,
): Plan {
  const wanted = { ...deployment, status }
  const leftMs = isComplete(deployment, status) ? undefined : deadlineInMs(wanted, now)
  return {
    actions: [...steps, updateStatus('Deployment', wanted)],
    ...(leftMs !== undefined && { requeueAfterMs: Math.max(0, leftMs) + 1000 }),
  }
}

/** Leaves out a status write that would change nothing of what was seen. */
function withoutSameStatus(plan: Plan, { metadata, status }: Deployment): Plan {
  const actions = plan.actions.filter((action) => {
    if (action.verb !== 'update' || action.kind !== 'Deployment') return true
    const wanted = action.object
    return (
      !isSame(withoutZeros(wanted.status), withoutZeros(status)) ||
      !isSame(wanted.metadata.annotations ?? {}, metadata.annotations ?? {})
    )
  })
  return { ...plan, actions }
}

/** Zero counts are left out on the wire, but for terminatingReplicas. */
function withoutZeros(status: object | undefined): object {
  return Object.fromEntries(
    Object.entries({ ...status }).filter(
      ([field, value]) => value !== 0 || field === 'terminatingReplicas',
    ),
  )
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: Deployment['spec']['selector']) {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
