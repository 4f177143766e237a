// Pods: on create, on update (nearly everything is fixed), their status.

import { copyOf, type DraftOf, isSameMeaning } from '../draft.ts'
import { all, duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type { Pod, PodSpec } from '../types.gen.ts'
import { each, fixedErrors, formErrors, largestInt32, rangeErrors, repeatedOf } from './checks.ts'
import { whitespaceErrors } from './container.ts'
import { at, child } from './field-path.ts'
import { ipErrors } from './ip.ts'
import { qualifiedNameErrors } from './metadata.ts'
import { dnsSubdomainProblems } from './names.ts'
import { podAnnotationErrors, podAnnotationUpdateErrors } from './pod-annotations.ts'
import { podSpecErrors } from './pod-spec.ts'
import { tolerationsErrors } from './scheduling.ts'

type PodDraft = DraftOf<Pod>
type Spec = DraftOf<PodSpec>

/** What holds for every Pod. */
export function podErrors({ metadata, spec = {} }: PodDraft): FieldError[] {
  return all(
    podAnnotationErrors(metadata?.annotations, spec, 'metadata.annotations'),
    podSpecErrors(spec, 'spec', { podName: metadata?.name ?? '' }),
    tokenErrors(spec),
    each(spec.containers, 'spec.containers', whitespaceErrors),
    each(spec.initContainers, 'spec.initContainers', whitespaceErrors),
  )
}

/** Tokens are of an account; it must be named. */
function tokenErrors({ serviceAccountName, volumes }: Spec): FieldError[] {
  if (serviceAccountName) return []
  const detail = 'must not be specified when serviceAccountName is not set'
  return each(volumes, 'spec.volumes', ({ projected }, place) =>
    each(projected?.sources, child(place, 'projected', 'sources'), (source, sourcePlace) =>
      source.serviceAccountToken
        ? [forbidden(child(sourcePlace, 'serviceAccountToken'), detail)]
        : [],
    ),
  )
}

export function podCreateErrors({ spec = {} }: PodDraft): FieldError[] {
  return all(
    spec.ephemeralContainers?.length
      ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : [],
    spec.nodeName && spec.schedulingGates?.length
      ? [forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : [],
  )
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function podUpdateErrors(next: PodDraft, previous: PodDraft): FieldError[] {
  const annotations = podAnnotationUpdateErrors(
    next.metadata?.annotations,
    previous.metadata?.annotations,
    'metadata.annotations',
  )
  const spec = next.spec ?? {}
  const before = previous.spec ?? {}
  const count = countErrors(spec, before)
  if (count.length > 0) return all(annotations, count)
  const deadline = deadlineErrors(spec, before)
  return all(
    annotations,
    imageErrors(spec),
    deadline,
    tolerationUpdateErrors(spec, before),
    gateUpdateErrors(spec, before),
    deadline.length === 0 && !isSameMeaning(withFreeFields(spec, before), before)
      ? [forbidden('spec', `pod updates may not change fields other than ${changeable}\n`)]
      : [],
  )
}

function countErrors(spec: Spec, before: Spec): FieldError[] {
  const names = ['containers', 'initContainers'] as const
  return names.flatMap((name) =>
    (spec[name]?.length ?? 0) !== (before[name]?.length ?? 0)
      ? [forbidden(`spec.${name}`, 'pod updates may not add or remove containers')]
      : [],
  )
}

function imageErrors(spec: Spec): FieldError[] {
  const names = ['containers', 'initContainers'] as const
  return names.flatMap((name) =>
    each(spec[name], `spec.${name}`, ({ image }, place) =>
      !image ? [required(child(place, 'image'))] : [],
    ),
  )
}

function deadlineErrors(spec: Spec, before: Spec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  const next = spec.activeDeadlineSeconds
  const previous = before.activeDeadlineSeconds
  if (next === undefined) {
    const detail = 'must not update from a positive integer to nil value'
    return previous !== undefined ? [invalid(path, null, detail)] : []
  }
  const range = rangeErrors(next, path, { least: 0, most: largestInt32 })
  if (range.length > 0) return range
  const isLater = previous !== undefined && previous < next
  return isLater ? [invalid(path, next, 'must be less than or equal to previous value')] : []
}

/** A toleration may be added, and how long it holds may change. */
function tolerationUpdateErrors(spec: Spec, before: Spec): FieldError[] {
  const next = spec.tolerations ?? []
  const isKept = (before.tolerations ?? []).every((old) =>
    next.some(({ tolerationSeconds, ...rest }) => {
      const { tolerationSeconds: _, ...oldRest } = old
      return isSameMeaning(rest, oldRest)
    }),
  )
  const detail = 'existing toleration can not be modified except its tolerationSeconds'
  return isKept
    ? tolerationsErrors(next, 'spec.tolerations')
    : [forbidden('spec.tolerations', detail)]
}

function gateUpdateErrors(spec: Spec, before: Spec): FieldError[] {
  const known = new Set(before.schedulingGates?.map(({ name }) => name))
  return each(spec.schedulingGates, 'spec.schedulingGates', ({ name }, place) =>
    !known.has(name)
      ? [
          forbidden(
            child(place, 'name'),
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ]
      : [],
  )
}

/** The new spec with the old values of what may change, for the comparison of the rest. */
function withFreeFields(spec: Spec, before: Spec): Spec {
  const compared = copyOf(spec)
  for (const name of ['containers', 'initContainers'] as const) {
    compared[name]?.forEach((container, index) => {
      const image = before[name]?.[index]?.image
      if (image !== undefined) container.image = image
    })
  }
  const grace = before.terminationGracePeriodSeconds
  const mayBecomeOne = grace !== undefined && grace < 0 && spec.terminationGracePeriodSeconds === 1
  const isGated = (before.schedulingGates?.length ?? 0) > 0
  return {
    ...compared,
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    schedulingGates: before.schedulingGates,
    ...(mayBecomeOne && { terminationGracePeriodSeconds: grace }),
    ...(isGated &&
      onlyAdded(spec.nodeSelector, before.nodeSelector) && { nodeSelector: before.nodeSelector }),
    ...(isGated && gatedAffinity(compared, before)),
  }
}

type Labels = Readonly<Record<string, string | undefined>> | undefined

/** While a Pod is gated, its node selector may be narrowed. */
function onlyAdded(next: Labels, previous: Labels): boolean {
  return Object.entries(previous ?? {}).every(([key, value]) => next?.[key] === value)
}

/** While a Pod is gated, its node affinity may change; all else about affinity may not. */
function gatedAffinity(spec: Spec, before: Spec): Pick<Spec, 'affinity'> {
  const { nodeAffinity: _, ...rest } = spec.affinity ?? {}
  const nodeAffinity = before.affinity?.nodeAffinity
  return { affinity: { ...rest, ...(nodeAffinity && { nodeAffinity }) } }
}

export function podStatusErrors(next: PodDraft, previous: PodDraft): FieldError[] {
  const { status = {} } = next
  const before = previous.status ?? {}
  return all(
    conditionErrors(status.conditions, 'metadata.conditions'),
    status.nominatedNodeName && status.nominatedNodeName !== before.nominatedNodeName
      ? formErrors(status.nominatedNodeName, 'status.nominatedNodeName', dnsSubdomainProblems)
      : [],
    fixedErrors(status.qosClass ?? '', before.qosClass ?? '', 'status.qosClass'),
    transitionErrors(next, previous, 'containerStatuses'),
    transitionErrors(next, previous, 'initContainerStatuses'),
    transitionErrors(next, previous, 'ephemeralContainerStatuses'),
    addressErrors(next),
  )
}

type Conditions = NonNullable<PodDraft['status']>['conditions']

function conditionErrors(conditions: Conditions, path: string): FieldError[] {
  const own = ['PodScheduled', 'Ready', 'Initialized']
  return each(conditions, path, ({ type = '' }, place) =>
    own.includes(type) ? [] : qualifiedNameErrors(type, child(place, 'Type')),
  )
}

type Statuses = 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'

/** What has ended stays ended, unless the restart policy says otherwise. */
function transitionErrors(next: PodDraft, previous: PodDraft, name: Statuses): FieldError[] {
  const policy = name === 'ephemeralContainerStatuses' ? 'Never' : previous.spec?.restartPolicy
  if (policy === 'Always') return []
  const restartable = new Set(
    [...(previous.spec?.initContainers ?? []), ...(previous.spec?.containers ?? [])]
      .filter(({ restartPolicy }) => restartPolicy === 'Always' || restartPolicy === 'OnFailure')
      .map((container) => container.name),
  )
  return each(previous.status?.[name], `status.${name}`, (old, place) => {
    const { terminated } = old.state ?? {}
    if (!terminated || restartable.has(old.name)) return []
    if ((terminated.exitCode ?? 0) !== 0 && policy === 'OnFailure') return []
    const now = next.status?.[name]?.find((status) => status.name === old.name)
    const isBack = now !== undefined && !now.state?.terminated
    return isBack
      ? [forbidden(child(place, 'state'), 'may not be transitioned to non-terminated state')]
      : []
  })
}

function addressErrors({ status = {} }: PodDraft): FieldError[] {
  const { podIPs, hostIP, hostIPs } = status
  const first = hostIPs?.[0]?.ip
  return all(
    each(podIPs, 'status.podIPs', ({ ip = '' }, place) => ipErrors(ip, place)),
    repeatedOf(podIPs ?? [], ({ ip }) => ip).map(({ element, index }) =>
      duplicate(at('status.podIPs', index), element),
    ),
    first !== undefined && first !== hostIP
      ? [invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')]
      : [],
    each(hostIPs, 'status.hostIPs', ({ ip = '' }, place) => ipErrors(ip, place)),
  )
}
