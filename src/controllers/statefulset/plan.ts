// Decides the next step of a StatefulSet: Pods come in order, go in reverse order, and are
// replaced from the last to the first; each waits for the one before unless told otherwise.

import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  StatefulSetStatus,
} from '../../api/types.gen.ts'
import {
  type Action,
  create,
  deleteObject,
  note,
  type Plan,
  updateStatus,
} from '../../client/plan.ts'
import { resolveShare } from '../int-or-percent.ts'
import { claim } from '../ownership.ts'
import { isAvailable, isReady, isTerminal, nextAvailableInMs } from '../pod-state.ts'
import { planRevision, revisionHashLabel, surplusRevisions, templateOf } from '../revisions.ts'
import { isSame } from '../template-hash.ts'
import { claimsOf, newPod, ordinalOf, replicasOf, startOf } from './identity.ts'

export interface Observed {
  readonly set: StatefulSet
  readonly candidates: readonly Pod[]
  readonly revisions: readonly ControllerRevision[]
  readonly claim: (name: string) => PersistentVolumeClaim | undefined
}

interface World {
  readonly set: StatefulSet
  readonly now: Date
  readonly byOrdinal: ReadonlyMap<number, Pod>
  readonly pods: readonly Pod[]
  readonly current: ControllerRevision
  readonly latest: ControllerRevision
  readonly claim: Observed['claim']
}

export function planStatefulSet(observed: Observed, now: Date): Plan {
  const { set, candidates, revisions } = observed
  const { selector, minReadySeconds = 0 } = set.spec
  const { claimed, actions: claims } = claim({ owner: set, selector, kind: 'Pod', candidates })
  const pods = claimed.filter((pod) => ordinalOf(set, pod) >= 0)
  const collisionCount = set.status?.collisionCount ?? 0
  const { template } = set.spec
  const { latest, write, hasCollision } = planRevision({
    owner: set,
    template,
    revisions,
    collisionCount,
  })
  if (hasCollision) {
    const status = {
      ...set.status,
      replicas: set.status?.replicas ?? 0,
      collisionCount: collisionCount + 1,
    }
    return { actions: [updateStatus('StatefulSet', { ...set, status })] }
  }
  if (write) return { actions: [...claims, write] }
  const current =
    revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? latest
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]))
  const world: World = { set, now, byOrdinal, pods, current, latest, claim: observed.claim }
  const isLeaving = set.metadata.deletionTimestamp !== undefined
  const inUse = new Set([
    current.metadata.name,
    latest.metadata.name,
    ...pods.map(({ metadata }) => metadata.labels?.[revisionHashLabel] ?? ''),
  ])
  const waitMs = nextAvailableInMs(pods, minReadySeconds, now)
  return {
    actions: [
      ...claims,
      ...(isLeaving ? [] : steps(world)),
      ...writeStatus(world),
      ...surplusRevisions(revisions, inUse, set.spec.revisionHistoryLimit ?? 10),
    ],
    ...(waitMs !== undefined && { requeueAfterMs: waitMs }),
  }
}

const revisionName = ({ metadata }: Pod) => metadata.labels?.[revisionHashLabel]
const isOf = (pod: Pod, revision: ControllerRevision) =>
  revisionName(pod) === revision.metadata.name
const isEnding = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined
const isParallel = ({ spec }: StatefulSet) => spec.podManagementPolicy === 'Parallel'

function isHealthy({ set, now }: World, pod: Pod): boolean {
  const isRunning = pod.status?.phase === 'Running' && isReady(pod) && !isEnding(pod)
  return isRunning && isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
}

/** First up to the wanted ordinals, then down from those beyond, then on to the new revision. */
function steps(world: World): readonly Action[] {
  const up = scaleUp(world)
  if (up.actions.length > 0 || up.mustWait) return up.actions
  const down = scaleDown(world)
  return down.actions.length > 0 || down.mustWait ? down.actions : rollOn(world)
}

interface Step {
  readonly actions: readonly Action[]
  readonly mustWait: boolean
}

function scaleUp(world: World): Step {
  const { set, byOrdinal } = world
  const actions: Action[] = []
  for (const ordinal of wantedOrdinals(set)) {
    const pod = byOrdinal.get(ordinal)
    const isSettled = pod !== undefined && !isTerminal(pod) && isHealthy(world, pod)
    if (!isSettled && (!pod || (isTerminal(pod) && !isEnding(pod)))) {
      actions.push(...(pod ? replaceEnded(set, pod) : createPod(world, ordinal)))
    }
    if (!isSettled && !isParallel(set)) return { actions, mustWait: true }
  }
  return { actions, mustWait: false }
}

function wantedOrdinals(set: StatefulSet): readonly number[] {
  return Array.from({ length: replicasOf(set) }, (_, index) => startOf(set) + index)
}

function scaleDown(world: World): Step {
  const { set, pods } = world
  const wanted = new Set(wantedOrdinals(set))
  const condemned = pods
    .filter((pod) => !wanted.has(ordinalOf(set, pod)))
    .toSorted((a, b) => ordinalOf(set, b) - ordinalOf(set, a))
  if (isParallel(set)) {
    const going = condemned.filter((pod) => !isEnding(pod))
    return { actions: going.flatMap((pod) => deletePod(set, pod)), mustWait: false }
  }
  const [last] = condemned
  if (!last) return { actions: [], mustWait: false }
  // A Pod that is not healthy may go at once; a healthy one only while all before it are well.
  const firstUnhealthy = pods
    .toSorted((a, b) => ordinalOf(set, a) - ordinalOf(set, b))
    .find((pod) => !isHealthy(world, pod))
  if (isEnding(last)) return { actions: [], mustWait: true }
  const mayGo = !firstUnhealthy || firstUnhealthy === last || isHealthy(world, last)
  return { actions: mayGo ? deletePod(set, last) : [], mustWait: true }
}

/** Replaces what is of another revision, from the last ordinal down to the partition. */
function rollOn(world: World): readonly Action[] {
  const { set, latest, byOrdinal } = world
  const { updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return []
  const { partition = 0, maxUnavailable = 1 } = updateStrategy?.rollingUpdate ?? {}
  const budget = Math.max(1, resolveShare(maxUnavailable, replicasOf(set), 'up'))
  const ordinals = wantedOrdinals(set).filter((ordinal) => ordinal - startOf(set) >= partition)
  const actions: Action[] = []
  let unavailable = 0
  for (const ordinal of ordinals.toReversed()) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) continue
    const isOld = revisionName(pod) !== latest.metadata.name
    if (isOld && !isEnding(pod)) {
      if (unavailable >= budget) break
      actions.push(...deletePod(set, pod))
      unavailable += 1
    } else if (!isHealthy(world, pod)) unavailable += 1
    if (unavailable >= budget) break
  }
  return actions
}

/** Below the partition, and while a rollout is under way below what it has reached: the old one. */
function revisionFor({ set, pods, current, latest }: World, ordinal: number): ControllerRevision {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return latest
  const index = ordinal - startOf(set)
  const isOld =
    rollingUpdate?.partition !== undefined && rollingUpdate.partition > 0
      ? index < rollingUpdate.partition
      : index < pods.filter((pod) => !isEnding(pod) && isOf(pod, current)).length
  return isOld ? current : latest
}

function createPod(world: World, ordinal: number): readonly Action[] {
  const { set, claim: claimNamed } = world
  const revision = revisionFor(world, ordinal)
  const template = templateOf(revision)
  const pod = newPod(set, ordinal, { name: revision.metadata.name, template })
  const { name } = pod.metadata
  const missing = claimsOf(set, name).filter(({ metadata }) => !claimNamed(metadata.name))
  return [
    ...missing.map((each) =>
      create('PersistentVolumeClaim', each, {
        success: () =>
          told(
            set,
            'SuccessfulCreate',
            `create Claim ${each.metadata.name} Pod ${name} in StatefulSet ${set.metadata.name} success`,
          ),
        failure: (error) =>
          failed(
            set,
            'FailedCreate',
            `create Claim ${each.metadata.name} for Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`,
          ),
      }),
    ),
    {
      ...create('Pod', pod, {
        success: () =>
          told(
            set,
            'SuccessfulCreate',
            `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
          ),
        failure: (error) =>
          failed(
            set,
            'FailedCreate',
            `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`,
          ),
      }),
      ignore: ['NamespaceTerminating'],
    },
  ]
}

function deletePod(set: StatefulSet, pod: Pod): readonly Action[] {
  const { name } = pod.metadata
  return [
    deleteObject('Pod', pod, {
      report: {
        success: () =>
          told(
            set,
            'SuccessfulDelete',
            `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`,
          ),
        failure: (error) =>
          failed(
            set,
            'FailedDelete',
            `delete Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`,
          ),
      },
    }),
  ]
}

/** A Pod that has ended makes room for one of the same name. */
function replaceEnded(set: StatefulSet, pod: Pod): readonly Action[] {
  const { namespace, name } = set.metadata
  const hasFailed = pod.status?.phase === 'Failed'
  return [
    hasFailed
      ? note(
          set,
          'Warning',
          'RecreatingFailedPod',
          `StatefulSet ${namespace}/${name} is recreating failed Pod ${pod.metadata.name}`,
        )
      : note(
          set,
          'Normal',
          'RecreatingTerminatedPod',
          `StatefulSet ${namespace}/${name} is recreating terminated Pod ${pod.metadata.name}`,
        ),
    ...deletePod(set, pod),
  ]
}

const told = (regarding: StatefulSet, reason: string, message: string) =>
  ({ regarding, type: 'Normal', reason, message }) as const
const failed = (regarding: StatefulSet, reason: string, message: string) =>
  ({ regarding, type: 'Warning', reason, message }) as const

function statusOf({ set, pods, current, latest, now }: World): StatefulSetStatus {
  const counted = pods.filter((pod) => pod.status?.phase !== undefined || !isEnding(pod))
  const running = counted.filter((pod) => pod.status?.phase === 'Running')
  const ready = running.filter(isReady)
  const available = ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now))
  const ofRevision = (name: string) =>
    counted.filter((pod) => !isEnding(pod) && revisionName(pod) === name).length
  const updatedReplicas = ofRevision(latest.metadata.name)
  const isRolled =
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    updatedReplicas === counted.length &&
    ready.length === counted.length
  const currentName = isRolled ? latest.metadata.name : current.metadata.name
  const { collisionCount, conditions } = set.status ?? {}
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: counted.length,
    readyReplicas: ready.length,
    currentReplicas: ofRevision(currentName),
    updatedReplicas,
    availableReplicas: available.length,
    currentRevision: currentName,
    updateRevision: latest.metadata.name,
    collisionCount: collisionCount ?? 0,
    ...(conditions && { conditions }),
  }
}

function writeStatus(world: World): readonly Action[] {
  const status = statusOf(world)
  const { set } = world
  if (isSame(withoutZeros(status), withoutZeros(set.status))) return []
  return [updateStatus('StatefulSet', { ...set, status })]
}

const withoutZeros = (status: object | undefined) =>
  Object.fromEntries(Object.entries({ ...status }).filter(([, value]) => value !== 0))
