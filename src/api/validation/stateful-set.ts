// StatefulSets: ordered replicas with storage of their own.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type { StatefulSet, StatefulSetSpec } from '../types.gen.ts'
import { choiceErrors, labelSelectorErrors, when } from './checks.ts'
import { nonNegativeErrors } from './metadata.ts'
import { lastingTemplateErrors, selectedTemplateErrors } from './pod-template.ts'
import { amountOrPercentErrors, notOverHundredErrors } from './workloads.ts'

type Spec = DraftOf<StatefulSetSpec>

export function statefulSetErrors({ spec = {} }: DraftOf<StatefulSet>): FieldError[] {
  return [
    ...policyErrors(spec),
    ...strategyErrors(spec),
    ...retentionErrors(spec),
    ...nonNegativeErrors(spec.replicas ?? 0, 'spec.replicas'),
    ...nonNegativeErrors(spec.minReadySeconds ?? 0, 'spec.minReadySeconds'),
    ...nonNegativeErrors(spec.ordinals?.start ?? 0, 'spec.ordinals.start'),
    ...nonNegativeErrors(spec.revisionHistoryLimit ?? 0, 'spec.revisionHistoryLimit'),
    ...selectorErrors(spec),
    ...selectedTemplateErrors(withClaims(spec), spec.selector, 'spec.template'),
    ...lastingTemplateErrors(spec.template, 'spec.template', 'StatefulSet'),
  ]
}

/** Pods may mount what the claim templates will make, so these count as volumes. */
function withClaims(spec: Spec): Spec['template'] {
  const { template, volumeClaimTemplates } = spec
  if (!template || !volumeClaimTemplates?.length) return template
  const names = volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? '')
  const volumes = (template.spec?.volumes ?? []).filter(({ name }) => !names.includes(name ?? ''))
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  return { ...template, spec: { ...template.spec, volumes: [...volumes, ...claims] } }
}

function policyErrors({ podManagementPolicy: policy }: Spec): FieldError[] {
  const path = 'spec.podManagementPolicy'
  if (!policy) return [required(path)]
  const isKnown = policy === 'OrderedReady' || policy === 'Parallel'
  return when(!isKnown, invalid(path, policy, "must be 'OrderedReady' or 'Parallel'"))
}

function strategyErrors({ updateStrategy = {} }: Spec): FieldError[] {
  const { type, rollingUpdate } = updateStrategy
  const path = 'spec.updateStrategy'
  if (!type) return [required(path)]
  if (type === 'OnDelete') {
    const detail = "only allowed for updateStrategy 'RollingUpdate'"
    return when(rollingUpdate, invalid(`${path}.rollingUpdate`, rollingUpdate, detail))
  }
  if (type !== 'RollingUpdate') {
    return [invalid(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")]
  }
  const { partition = 0, maxUnavailable } = rollingUpdate ?? {}
  const place = `${path}.rollingUpdate.maxUnavailable`
  return [
    ...nonNegativeErrors(partition, `${path}.rollingUpdate.partition`),
    ...(maxUnavailable === undefined ? [] : amountOrPercentErrors(maxUnavailable, place)),
    ...when(
      maxUnavailable === 0 || maxUnavailable === '0%',
      invalid(place, maxUnavailable, 'cannot be 0'),
    ),
    ...notOverHundredErrors(maxUnavailable, place),
  ]
}

function retentionErrors({ persistentVolumeClaimRetentionPolicy: policy }: Spec): FieldError[] {
  if (!policy) return []
  const path = 'spec.persistentVolumeClaimRetentionPolicy'
  const choices = ['Delete', 'Retain']
  return [
    ...choiceErrors(policy.whenDeleted, `${path}.whenDeleted`, choices),
    ...choiceErrors(policy.whenScaled, `${path}.whenScaled`, choices),
  ]
}

function selectorErrors({ selector }: Spec): FieldError[] {
  if (!selector) return [required('spec.selector')]
  const isEmpty = !selector.matchLabels && !selector.matchExpressions
  const detail = 'empty selector is invalid for statefulset'
  return [
    ...labelSelectorErrors(selector, 'spec.selector'),
    ...when(isEmpty, invalid('spec.selector', selector, detail)),
  ]
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

export function statefulSetUpdateErrors(
  next: DraftOf<StatefulSet>,
  previous: DraftOf<StatefulSet>,
): FieldError[] {
  const fixed = ({ spec = {} }: DraftOf<StatefulSet>) => {
    const rest = { ...spec }
    for (const name of changeable) delete rest[name]
    return rest
  }
  const list = changeable.map((name) => `'${name}'`)
  const words = `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`
  const detail = `updates to statefulset spec for fields other than ${words} are forbidden`
  return when(!isSameMeaning(fixed(next), fixed(previous)), forbidden('spec', detail))
}
