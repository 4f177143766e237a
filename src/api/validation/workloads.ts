// Deployments, ReplicaSets, ReplicationControllers, DaemonSets, StatefulSets, revisions, templates.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { all, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
} from '../types.gen.ts'
import { choiceErrors, fixedErrors, labelSelectorErrors } from './checks.ts'
import { nonNegativeErrors } from './metadata.ts'
import { percentProblems } from './names.ts'
import {
  lastingTemplateErrors,
  mismatchErrors,
  podTemplateErrors,
  selectedTemplateErrors,
} from './pod-template.ts'

type Selector = DraftOf<LabelSelector> | undefined

/** A selector that finds something, and whose form is right. */
export function ownSelectorErrors(selector: Selector, kind: string): FieldError[] {
  if (!selector) return [required('spec.selector')]
  const isEmpty = !selector.matchLabels && !selector.matchExpressions
  return all(
    labelSelectorErrors(selector, 'spec.selector'),
    isEmpty ? [invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)] : [],
  )
}

export function deploymentErrors({ spec = {} }: DraftOf<Deployment>): FieldError[] {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
  const place = 'spec.progressDeadlineSeconds'
  return all(
    nonNegativeErrors(spec.replicas ?? 0, 'spec.replicas'),
    ownSelectorErrors(spec.selector, 'deployment'),
    selectedTemplateErrors(spec.template, spec.selector, 'spec.template'),
    lastingTemplateErrors(spec.template, 'spec.template', 'ReplicaSet'),
    strategyErrors(spec.strategy ?? {}),
    nonNegativeErrors(minReadySeconds, 'spec.minReadySeconds'),
    nonNegativeErrors(spec.revisionHistoryLimit ?? 0, 'spec.revisionHistoryLimit'),
    deadline === undefined ? [] : nonNegativeErrors(deadline, place),
    deadline !== undefined && deadline <= minReadySeconds
      ? [invalid(place, deadline, 'must be greater than minReadySeconds')]
      : [],
  )
}

type Strategy = NonNullable<NonNullable<DraftOf<Deployment>['spec']>['strategy']>

function strategyErrors({ type, rollingUpdate }: Strategy): FieldError[] {
  const path = 'spec.strategy.rollingUpdate'
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'"
    return rollingUpdate ? [forbidden(path, detail)] : []
  }
  if (type !== 'RollingUpdate') {
    return choiceErrors(type, 'spec.strategy.type', ['Recreate', 'RollingUpdate'])
  }
  if (!rollingUpdate) return [required(path, 'this should be defaulted and never be nil')]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const detail = 'may not be 0 when `maxSurge` is 0'
  return all(
    amountOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`),
    amountOrPercentErrors(maxSurge, `${path}.maxSurge`),
    isZero(maxUnavailable) && isZero(maxSurge)
      ? [invalid(`${path}.maxUnavailable`, maxUnavailable, detail)]
      : [],
    notOverHundredErrors(maxUnavailable, `${path}.maxUnavailable`),
  )
}

type AmountOrPercent = number | string | undefined

function isZero(value: AmountOrPercent): boolean {
  return value === undefined || Number(String(value).replace('%', '')) === 0
}

export function amountOrPercentErrors(value: AmountOrPercent, path: string): FieldError[] {
  if (typeof value === 'string') {
    return percentProblems(value).map((problem) => invalid(path, value, problem))
  }
  return nonNegativeErrors(value ?? 0, path)
}

export function notOverHundredErrors(value: AmountOrPercent, path: string): FieldError[] {
  const isOver =
    typeof value === 'string' && /^[0-9]+%$/.test(value) && Number(value.slice(0, -1)) > 100
  return isOver ? [invalid(path, value, 'must not be greater than 100%')] : []
}

export function deploymentUpdateErrors(
  next: DraftOf<Deployment>,
  previous: DraftOf<Deployment>,
): FieldError[] {
  return fixedErrors(next.spec?.selector, previous.spec?.selector, 'spec.selector')
}

export function replicaSetErrors({ spec = {} }: DraftOf<ReplicaSet>): FieldError[] {
  return all(
    nonNegativeErrors(spec.replicas ?? 0, 'spec.replicas'),
    nonNegativeErrors(spec.minReadySeconds ?? 0, 'spec.minReadySeconds'),
    ownSelectorErrors(spec.selector, 'deployment'),
    selectedTemplateErrors(spec.template, spec.selector, 'spec.template'),
    lastingTemplateErrors(spec.template, 'spec.template', 'ReplicaSet'),
  )
}

export function replicaSetUpdateErrors(
  next: DraftOf<ReplicaSet>,
  previous: DraftOf<ReplicaSet>,
): FieldError[] {
  return fixedErrors(next.spec?.selector, previous.spec?.selector, 'spec.selector')
}

export function replicationControllerErrors({
  spec = {},
}: DraftOf<ReplicationController>): FieldError[] {
  const wanted = Object.entries(spec.selector ?? {})
  const isEmpty = wanted.length === 0
  const labels = spec.template?.metadata?.labels
  const isMissed = wanted.some(([key, value]) => labels?.[key] !== value)
  const detail = '`selector` does not match template `labels`'
  return all(
    nonNegativeErrors(spec.minReadySeconds ?? 0, 'spec.minReadySeconds'),
    isEmpty ? [required('spec.selector')] : [],
    nonNegativeErrors(spec.replicas ?? 0, 'spec.replicas'),
    spec.template ? [] : [required('spec.template')],
    isMissed && spec.template
      ? [invalid('spec.template.metadata.labels', labels ?? null, detail)]
      : [],
    spec.template ? podTemplateErrors(spec.template, 'spec.template') : [],
    spec.template
      ? lastingTemplateErrors(spec.template, 'spec.template', 'ReplicationController')
      : [],
  )
}

/** Counts in the status of kinds that run replicas of Pods. */
export interface ReplicaCounts {
  readonly replicas?: number | undefined
  readonly fullyLabeledReplicas?: number | undefined
  readonly readyReplicas?: number | undefined
  readonly availableReplicas?: number | undefined
  readonly currentReplicas?: number | undefined
  readonly updatedReplicas?: number | undefined
  readonly observedGeneration?: number | undefined
}

const partialCounts = [
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'currentReplicas',
  'updatedReplicas',
] as const

/** No part is larger than the whole. */
export function replicaStatusErrors(status: ReplicaCounts | undefined): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {}
  return all(
    nonNegativeErrors(replicas, 'status.replicas'),
    partialCounts.flatMap((name) => {
      const count = status?.[name] ?? 0
      return all(
        nonNegativeErrors(count, `status.${name}`),
        count > replicas
          ? [invalid(`status.${name}`, count, 'cannot be greater than status.replicas')]
          : [],
      )
    }),
    nonNegativeErrors(status?.observedGeneration ?? 0, 'status.observedGeneration'),
    availableReplicas > readyReplicas
      ? [
          invalid(
            'status.availableReplicas',
            availableReplicas,
            'cannot be greater than readyReplicas',
          ),
        ]
      : [],
  )
}

/** A counter that only grows. */
export function collisionErrors(
  next: number | undefined,
  previous: number | undefined,
): FieldError[] {
  const isLess = previous !== undefined && (next === undefined || next < previous)
  return isLess ? [invalid('status.collisionCount', next ?? 0, 'cannot be decremented')] : []
}

export function daemonSetErrors({ spec = {} }: DraftOf<DaemonSet>): FieldError[] {
  return all(
    spec.selector ? ownSelectorErrors(spec.selector, 'daemonset') : [],
    mismatchErrors(spec.template ?? {}, spec.selector, 'spec.template'),
    podTemplateErrors(spec.template ?? {}, 'spec.template'),
    lastingTemplateErrors(spec.template, 'spec.template', 'DaemonSet'),
    nonNegativeErrors(spec.minReadySeconds ?? 0, 'spec.minReadySeconds'),
    daemonStrategyErrors(spec.updateStrategy ?? {}),
    nonNegativeErrors(spec.revisionHistoryLimit ?? 0, 'spec.revisionHistoryLimit'),
  )
}

type DaemonStrategy = NonNullable<NonNullable<DraftOf<DaemonSet>['spec']>['updateStrategy']>

function daemonStrategyErrors({ type, rollingUpdate }: DaemonStrategy): FieldError[] {
  const path = 'spec.updateStrategy'
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate')
    return choiceErrors(type, `${path}.type`, ['OnDelete', 'RollingUpdate'])
  const place = `${path}.rollingUpdate`
  if (!rollingUpdate) return [required(place)]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const isNone = isZero(maxUnavailable) && isZero(maxSurge)
  const isBoth = !isZero(maxUnavailable) && !isZero(maxSurge)
  return all(
    amountOrPercentErrors(maxUnavailable, `${place}.maxUnavailable`),
    notOverHundredErrors(maxUnavailable, `${place}.maxUnavailable`),
    amountOrPercentErrors(maxSurge, `${place}.maxSurge`),
    notOverHundredErrors(maxSurge, `${place}.maxSurge`),
    isBoth
      ? [invalid(`${place}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : [],
    isNone ? [required(`${place}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')] : [],
  )
}

export function daemonSetUpdateErrors(
  next: DraftOf<DaemonSet>,
  previous: DraftOf<DaemonSet>,
): FieldError[] {
  return fixedErrors(next.spec?.selector, previous.spec?.selector, 'spec.selector')
}

export function podTemplateKindErrors({ template = {} }: DraftOf<PodTemplate>): FieldError[] {
  return podTemplateErrors(template, 'template')
}

export function revisionErrors({ data, revision = 0 }: DraftOf<ControllerRevision>): FieldError[] {
  const isMissing = data === undefined || data === null
  return all(
    isMissing ? [required('data', 'data is mandatory')] : [],
    nonNegativeErrors(revision, 'revision'),
  )
}

export function revisionUpdateErrors(
  next: DraftOf<ControllerRevision>,
  previous: DraftOf<ControllerRevision>,
): FieldError[] {
  const isSame = isSameMeaning(next.data, previous.data)
  return !isSame ? [invalid('data', next.data, 'field is immutable')] : []
}
