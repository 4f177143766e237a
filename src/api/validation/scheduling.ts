// Where a Pod may run: affinities, tolerations, spreading, gates; taints of nodes.

import type { DraftOf } from '../draft.ts'
import {
  all,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../field-error.ts'
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from '../types.gen.ts'
import { each, formErrors, labelSelectorErrors, optionErrors, repeatedOf } from './checks.ts'
import { at, child } from './field-path.ts'
import { qualifiedNameErrors } from './metadata.ts'
import { dnsLabelProblems, dnsSubdomainProblems, labelValueProblems } from './names.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function tolerationsErrors(
  tolerations: readonly DraftOf<Toleration>[] | undefined,
  path: string,
): FieldError[] {
  return each(tolerations, path, tolerationErrors)
}

function tolerationErrors(toleration: DraftOf<Toleration>, path: string): FieldError[] {
  const { key, operator = '', value = '', effect, tolerationSeconds } = toleration
  return all(
    key ? qualifiedNameErrors(key, child(path, 'key')) : [],
    !key && operator !== 'Exists'
      ? [
          invalid(
            child(path, 'operator'),
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : [],
    tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [
          invalid(
            child(path, 'effect'),
            effect ?? '',
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        ]
      : [],
    tolerationValueErrors(operator, value, child(path, 'operator')),
    effect ? optionErrors(effect, child(path, 'effect'), effects) : [],
  )
}

function tolerationValueErrors(operator: string, value: string, path: string): FieldError[] {
  if (operator === 'Exists') {
    return value !== ''
      ? [invalid(path, value, "value must be empty when `operator` is 'Exists'")]
      : []
  }
  if (operator !== '' && operator !== 'Equal')
    return [notSupported(path, operator, ['Equal', 'Exists'])]
  const problems = labelValueProblems(value)
  return problems.length > 0 ? [invalid(path, value, problems.join(';'))] : []
}

export function taintsErrors(
  taints: readonly DraftOf<Taint>[] | undefined,
  path: string,
): FieldError[] {
  const repeated = repeatedOf(taints ?? [], ({ key, effect }) => `${effect} ${key}`)
  return all(
    each(taints, path, ({ key = '', value = '', effect }, place) => {
      const problems = labelValueProblems(value)
      return all(
        qualifiedNameErrors(key, child(place, 'key')),
        problems.length > 0 ? [invalid(child(place, 'value'), value, problems.join(';'))] : [],
        effect
          ? optionErrors(effect, child(place, 'effect'), effects)
          : [required(child(place, 'effect'))],
      )
    }),
    repeated.map(({ element, index }) => ({
      ...duplicate(at(path, index), element),
      detail: 'taints must be unique by key and effect pair',
    })),
  )
}

export function affinityErrors(
  affinity: DraftOf<Affinity> | undefined,
  path: string,
): FieldError[] {
  const node = affinity?.nodeAffinity
  const nodePath = child(path, 'nodeAffinity')
  const hard = node?.requiredDuringSchedulingIgnoredDuringExecution
  return all(
    hard
      ? nodeSelectorErrors(hard, child(nodePath, 'requiredDuringSchedulingIgnoredDuringExecution'))
      : [],
    each(
      node?.preferredDuringSchedulingIgnoredDuringExecution,
      child(nodePath, 'preferredDuringSchedulingIgnoredDuringExecution'),
      ({ weight, preference }, place) =>
        all(
          weightErrors(weight, place),
          nodeTermErrors(preference ?? {}, child(place, 'preference'), { checksValues: false }),
        ),
    ),
    podAffinityErrors(affinity?.podAffinity, child(path, 'podAffinity')),
    podAffinityErrors(affinity?.podAntiAffinity, child(path, 'podAntiAffinity')),
  )
}

function weightErrors(weight: number | undefined, path: string): FieldError[] {
  const value = weight ?? 0
  const isOutside = value <= 0 || value > 100
  return isOutside ? [invalid(child(path, 'weight'), value, 'must be in the range 1-100')] : []
}

export function nodeSelectorErrors(
  { nodeSelectorTerms }: DraftOf<NodeSelector>,
  path: string,
): FieldError[] {
  const place = child(path, 'nodeSelectorTerms')
  if (!nodeSelectorTerms?.length) {
    return [required(place, 'must have at least one node selector term')]
  }
  return each(nodeSelectorTerms, place, (term, termPlace) =>
    nodeTermErrors(term, termPlace, { checksValues: true }),
  )
}

function nodeTermErrors(
  { matchExpressions, matchFields }: DraftOf<NodeSelectorTerm>,
  path: string,
  options: { readonly checksValues: boolean },
): FieldError[] {
  return all(
    each(matchExpressions, child(path, 'matchExpressions'), (requirement, place) =>
      nodeRequirementErrors(requirement, place, options),
    ),
    each(matchFields, child(path, 'matchFields'), nodeFieldErrors),
  )
}

type Requirement = DraftOf<NodeSelectorRequirement>

function nodeRequirementErrors(
  { key = '', operator, values }: Requirement,
  path: string,
  { checksValues }: { readonly checksValues: boolean },
): FieldError[] {
  return all(
    nodeOperatorErrors(operator ?? '', values?.length ?? 0, path),
    qualifiedNameErrors(key, child(path, 'key')),
    checksValues
      ? each(values, child(path, 'values'), (value, place) =>
          formErrors(value, place, labelValueProblems),
        )
      : [],
  )
}

function nodeOperatorErrors(operator: string, count: number, path: string): FieldError[] {
  const values = child(path, 'values')
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count === 0
        ? [required(values, "must be specified when `operator` is 'In' or 'NotIn'")]
        : []
    case 'Exists':
    case 'DoesNotExist':
      return count > 0
        ? [forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : []
    case 'Gt':
    case 'Lt':
      return count !== 1
        ? [required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
        : []
    default:
      return [invalid(child(path, 'operator'), operator, 'not a valid selector operator')]
  }
}

function nodeFieldErrors({ key = '', operator, values }: Requirement, path: string): FieldError[] {
  const isSet = operator === 'In' || operator === 'NotIn'
  const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
  return all(
    isSet && values?.length !== 1 ? [required(child(path, 'values'), detail)] : [],
    !isSet
      ? [invalid(child(path, 'operator'), operator ?? '', 'not a valid selector operator')]
      : [],
    key === 'metadata.name'
      ? each(values, child(path, 'values'), (value, place) =>
          formErrors(value, place, dnsSubdomainProblems),
        )
      : [invalid(child(path, 'key'), key, 'not a valid field selector key')],
  )
}

type PodAffinities = DraftOf<Affinity>['podAffinity']

function podAffinityErrors(affinity: PodAffinities, path: string): FieldError[] {
  return all(
    each(
      affinity?.requiredDuringSchedulingIgnoredDuringExecution,
      child(path, 'requiredDuringSchedulingIgnoredDuringExecution'),
      podTermErrors,
    ),
    each(
      affinity?.preferredDuringSchedulingIgnoredDuringExecution,
      child(path, 'preferredDuringSchedulingIgnoredDuringExecution'),
      ({ weight, podAffinityTerm }, place) =>
        all(
          weightErrors(weight, place),
          podTermErrors(podAffinityTerm ?? {}, child(place, 'podAffinityTerm')),
        ),
    ),
  )
}

function podTermErrors(term: DraftOf<PodAffinityTerm>, path: string): FieldError[] {
  const { topologyKey = '', namespaces } = term
  return all(
    labelSelectorErrors(term.labelSelector, child(path, 'labelSelector')),
    labelSelectorErrors(term.namespaceSelector, child(path, 'namespaceSelector')),
    (namespaces ?? []).flatMap((name) =>
      formErrors(name, child(path, 'namespace'), dnsLabelProblems),
    ),
    matchKeysErrors(term.matchLabelKeys, child(path, 'matchLabelKeys'), term.labelSelector),
    matchKeysErrors(term.mismatchLabelKeys, child(path, 'mismatchLabelKeys'), term.labelSelector),
    topologyKey === '' ? [required(child(path, 'topologyKey'), 'can not be empty')] : [],
    qualifiedNameErrors(topologyKey, child(path, 'topologyKey')),
  )
}

function matchKeysErrors(
  keys: readonly string[] | undefined,
  path: string,
  selector: DraftOf<PodAffinityTerm>['labelSelector'],
): FieldError[] {
  if (!keys?.length) return []
  if (!selector) return [forbidden(path, 'must not be specified when labelSelector is not set')]
  return each(keys, path, (key, place) => qualifiedNameErrors(key, place))
}

export function spreadErrors(
  constraints: readonly DraftOf<TopologySpreadConstraint>[] | undefined,
  path: string,
): FieldError[] {
  const pair = ({ topologyKey, whenUnsatisfiable }: DraftOf<TopologySpreadConstraint>) =>
    `{${topologyKey}, ${whenUnsatisfiable}}`
  const repeated = new Set(repeatedOf(constraints ?? [], pair).map(({ element }) => pair(element)))
  return each(constraints, path, (constraint, place) => {
    const isRepeated = repeated.delete(pair(constraint))
    return all(
      constraintErrors(constraint, place),
      isRepeated
        ? [duplicate(child(place, '{topologyKey, whenUnsatisfiable}'), pair(constraint))]
        : [],
    )
  })
}

function constraintErrors(
  constraint: DraftOf<TopologySpreadConstraint>,
  path: string,
): FieldError[] {
  const { maxSkew = 0, topologyKey, whenUnsatisfiable, minDomains } = constraint
  const policies = ['Honor', 'Ignore']
  const positive = 'must be greater than zero'
  return all(
    maxSkew <= 0 ? [invalid(child(path, 'maxSkew'), maxSkew, positive)] : [],
    !topologyKey ? [required(child(path, 'topologyKey'), 'can not be empty')] : [],
    optionErrors(whenUnsatisfiable ?? '', child(path, 'whenUnsatisfiable'), [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]),
    minDomains !== undefined && minDomains <= 0
      ? [invalid(child(path, 'minDomains'), minDomains, positive)]
      : [],
    minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule'
      ? [
          invalid(
            child(path, 'minDomains'),
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        ]
      : [],
    optionErrors(constraint.nodeAffinityPolicy, child(path, 'nodeAffinityPolicy'), policies),
    optionErrors(constraint.nodeTaintsPolicy, child(path, 'nodeTaintsPolicy'), policies),
    matchKeysErrors(
      constraint.matchLabelKeys,
      child(path, 'matchLabelKeys'),
      constraint.labelSelector,
    ),
    labelSelectorErrors(constraint.labelSelector, child(path, 'labelSelector')),
  )
}
