// Decides which nodes get, keep, lose or renew a daemon's Pod.

import type {
  ControllerRevision,
  DaemonSet,
  DaemonSetStatus,
  Node,
  Pod,
} from '../../api/types.gen.ts'
import {
  type Action,
  create,
  deleteObject,
  note,
  type Plan,
  updateStatus,
  type Write,
} from '../../client/plan.ts'
import { resolveShare } from '../int-or-percent.ts'
import { podFromTemplate } from '../new-pod.ts'
import { claim } from '../ownership.ts'
import { createdAtMs, isAvailable, isReady, isTerminal, nextAvailableInMs } from '../pod-state.ts'
import { planRevision, revisionHashLabel, surplusRevisions } from '../revisions.ts'
import { isSame } from '../template-hash.ts'
import { daemonTolerations, fitOf } from './fit.ts'

export interface Observed {
  readonly set: DaemonSet
  readonly nodes: readonly Node[]
  readonly candidates: readonly Pod[]
  readonly revisions: readonly ControllerRevision[]
}

/** What one node has, should have, and may keep. */
interface Place {
  readonly name: string
  readonly shouldRun: boolean
  readonly mayStay: boolean
  readonly pods: readonly Pod[]
}

const mostAtOnce = 250

export function planDaemonSet(observed: Observed, now: Date): Plan {
  const { set, candidates, revisions } = observed
  const { selector, template, minReadySeconds = 0 } = set.spec
  if (isEmpty(selector)) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
    return { actions: [note(set, 'Warning', 'SelectingAll', message)] }
  }
  const { claimed, actions: claims } = claim({ owner: set, selector, kind: 'Pod', candidates })
  const collisionCount = set.status?.collisionCount ?? 0
  const { latest, write, hasCollision } = planRevision({
    owner: set,
    template,
    revisions,
    collisionCount,
  })
  if (hasCollision) {
    const status = { ...emptyStatus, ...set.status, collisionCount: collisionCount + 1 }
    return { actions: [updateStatus('DaemonSet', { ...set, status })] }
  }
  if (write) return { actions: [...claims, write] }
  const places = placesOf(observed.nodes, set, claimed)
  const hash = latest.metadata.labels?.[revisionHashLabel] ?? ''
  const isLeaving = set.metadata.deletionTimestamp !== undefined
  const inUse = new Set([
    latest.metadata.name,
    ...claimed.map(
      ({ metadata }) => `${set.metadata.name}-${metadata.labels?.[revisionHashLabel] ?? ''}`,
    ),
  ])
  const waitMs = nextAvailableInMs(claimed, minReadySeconds, now)
  return {
    actions: [
      ...claims,
      ...(isLeaving ? [] : steps(set, places, { hash, now, strays: strays(observed, claimed) })),
      ...writeStatus(set, statusOf(set, places, { hash, now })),
      ...surplusRevisions(revisions, inUse, set.spec.revisionHistoryLimit ?? 10),
    ],
    ...(waitMs !== undefined && { requeueAfterMs: waitMs }),
  }
}

const emptyStatus = {
  currentNumberScheduled: 0,
  desiredNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
}
const isEnding = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined

function placesOf(nodes: readonly Node[], set: DaemonSet, pods: readonly Pod[]): readonly Place[] {
  const byNode = Map.groupBy(pods, nodeOf)
  const spec = set.spec.template.spec ?? { containers: [] }
  return nodes.map((node) => ({
    name: node.metadata.name,
    ...fitOf(node, spec),
    pods: byNode.get(node.metadata.name) ?? [],
  }))
}

/** The node a Pod is on, or, before the scheduler has seen it, the one it was made for. */
function nodeOf({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms?.[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0] ?? ''
}

/** Pods made for nodes that are no more, and not yet on one. */
function strays({ nodes }: Observed, claimed: readonly Pod[]): readonly Pod[] {
  const names = new Set(nodes.map(({ metadata }) => metadata.name))
  return claimed.filter((pod) => !pod.spec.nodeName && !names.has(nodeOf(pod)) && !isEnding(pod))
}

interface Moment {
  readonly hash: string
  readonly now: Date
}

function steps(
  set: DaemonSet,
  places: readonly Place[],
  { hash, now, strays: lost }: Moment & { readonly strays: readonly Pod[] },
): readonly Action[] {
  const failed = places.flatMap(({ name, pods, mayStay }) =>
    mayStay
      ? pods
          .filter((pod) => pod.status?.phase === 'Failed' && !isEnding(pod))
          .map((pod) => ({ pod, name }))
      : [],
  )
  const going = [
    ...lost,
    ...places.flatMap((place) => (place.mayStay ? surplusOf(place) : place.pods)),
  ].filter((pod) => !isEnding(pod) && !failed.some((each) => each.pod === pod))
  const missing = places.filter(({ shouldRun, pods }) => shouldRun && pods.length === 0)
  const acting = [
    ...failed.flatMap(({ pod, name }) => [
      note(
        set,
        'Warning',
        'FailedDaemonPod',
        `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name}, will try to kill it`,
      ),
      deletePod(set, pod),
    ]),
    ...going.map((pod) => deletePod(set, pod)),
    ...createMissing(set, missing, hash),
  ]
  return acting.length > 0 ? acting : rollOn(set, places, { hash, now })
}

/** Of several Pods on one node the oldest stays. */
function surplusOf({ pods, shouldRun }: Place): readonly Pod[] {
  const living = pods.filter((pod) => !isEnding(pod) && !isTerminal(pod))
  if (living.length <= 1 || !shouldRun) return []
  return living.toSorted((a, b) => createdAtMs(a) - createdAtMs(b)).slice(1)
}

function createMissing(set: DaemonSet, places: readonly Place[], hash: string): readonly Action[] {
  if (places.length === 0) return []
  const writes = places.slice(0, mostAtOnce).map(({ name }) => createPod(set, name, hash))
  return [{ verb: 'batches', writes }]
}

/** OnDelete leaves old Pods be; RollingUpdate ends as many as may be unavailable. */
function rollOn(
  set: DaemonSet,
  places: readonly Place[],
  { hash, now }: Moment,
): readonly Action[] {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return []
  const wanted = places.filter(({ shouldRun }) => shouldRun)
  const most = resolveShare(rollingUpdate?.maxUnavailable ?? 1, wanted.length, 'up')
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const working = (pod: Pod) => !isEnding(pod) && isAvailable(pod, minReadySeconds, now)
  const old = wanted.flatMap(({ pods }) => pods.filter((pod) => !isEnding(pod) && !isOf(pod, hash)))
  const unavailable = wanted.filter(({ pods }) => !pods.some(working)).length
  // What does not work costs nothing to replace.
  const broken = old.filter((pod) => !working(pod))
  const rest = old.filter(working).slice(0, Math.max(0, Math.max(1, most) - unavailable))
  return [...broken, ...rest].map((pod) => deletePod(set, pod))
}

const isOf = ({ metadata }: Pod, hash: string) => metadata.labels?.[revisionHashLabel] === hash

function createPod(set: DaemonSet, nodeName: string, hash: string): Write {
  const pod = podFromTemplate(set, set.spec.template)
  const { affinity, tolerations = [] } = pod.spec
  const term = {
    matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }],
  }
  const nodeAffinity = {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
  }
  const bound: Pod = {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [revisionHashLabel]: hash } },
    spec: {
      ...pod.spec,
      affinity: { ...affinity, nodeAffinity },
      tolerations: [...tolerations, ...daemonTolerations(pod.spec)],
    },
  }
  const written = create('Pod', bound, {
    success: ({ metadata }) => ({
      regarding: set,
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${metadata.name}`,
    }),
    failure: (error) => ({
      regarding: set,
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${error.message}`,
    }),
  })
  return { ...written, ignore: ['NamespaceTerminating'] }
}

function deletePod(set: DaemonSet, pod: Pod): Write {
  const message = `Deleted pod: ${pod.metadata.name}`
  const success = () =>
    ({ regarding: set, type: 'Normal', reason: 'SuccessfulDelete', message }) as const
  return deleteObject('Pod', pod, { report: { success } })
}

function statusOf(
  set: DaemonSet,
  places: readonly Place[],
  { hash, now }: Moment,
): DaemonSetStatus {
  const wanted = places.filter(({ shouldRun }) => shouldRun)
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const oldest = wanted.flatMap(({ pods }) => {
    const [first] = pods
      .filter((pod) => !isEnding(pod))
      .toSorted((a, b) => createdAtMs(a) - createdAtMs(b))
    return first ? [first] : []
  })
  const ready = oldest.filter(isReady)
  const available = ready.filter((pod) => isAvailable(pod, minReadySeconds, now)).length
  const { collisionCount, conditions } = set.status ?? {}
  return {
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: oldest.length,
    numberMisscheduled: places.filter(({ shouldRun, pods }) => !shouldRun && pods.length > 0)
      .length,
    numberReady: ready.length,
    updatedNumberScheduled: oldest.filter((pod) => isOf(pod, hash)).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions }),
  }
}

function writeStatus(set: DaemonSet, status: DaemonSetStatus): readonly Action[] {
  if (isSame(withoutZeros(status), withoutZeros(set.status))) return []
  return [updateStatus('DaemonSet', { ...set, status })]
}

const withoutZeros = (status: object | undefined) =>
  Object.fromEntries(Object.entries({ ...status }).filter(([, value]) => value !== 0))

function isEmpty({ matchLabels = {}, matchExpressions = [] }: DaemonSet['spec']['selector']) {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
