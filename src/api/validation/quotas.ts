// LimitRanges, ResourceQuotas and PriorityClasses.

import { type DraftOf, isSame } from '../draft.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { compareQuantities, milliUnitsOf } from '../quantity.ts'
import type { LimitRange, LimitRangeItem, PriorityClass, ResourceQuota } from '../types.gen.ts'
import { choiceErrors, each, eachEntry, when } from './checks.ts'
import { at, child } from './field-path.ts'
import { qualifiedNameErrors } from './metadata.ts'
import {
  amountErrors,
  containerResourceNameErrors,
  isHugePages,
  isOvercommitAllowed,
  resourceNameErrors,
  standardQuotaResources,
} from './resources.ts'

type Item = DraftOf<LimitRangeItem>
type Amounts = Readonly<Record<string, string | undefined>> | undefined

const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

export function limitRangeErrors({ spec }: DraftOf<LimitRange>): FieldError[] {
  const seen = new Set<string>()
  return each(spec?.limits, 'spec.limits', (item, place) => {
    const { type = '' } = item
    const isRepeated = seen.has(type)
    seen.add(type)
    return [
      ...limitTypeErrors(type, `${place}.type`),
      ...when(isRepeated, duplicate(`${place}.type`, type)),
      ...itemErrors(item, place),
    ]
  })
}

function limitTypeErrors(type: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(type, path)
  if (errors.length > 0 || type.includes('/') || limitTypes.includes(type)) return errors
  return [invalid(path, type, 'must be a standard limit type or fully qualified')]
}

const parts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

function itemErrors(item: Item, path: string): FieldError[] {
  const isOfPod = item.type === 'Pod'
  const detail = "may not be specified when `type` is 'Pod'"
  const storage = item.min?.['storage'] ?? item.max?.['storage']
  const missing = 'either minimum or maximum storage value is required, but neither was provided'
  const names = new Set(parts.flatMap((part) => Object.keys(item[part] ?? {})))
  return [
    ...parts.flatMap((part) => nameErrors(item.type ?? '', item[part], child(path, part))),
    ...when(isOfPod && item.default, forbidden(`${path}.default`, detail)),
    ...when(isOfPod && item.defaultRequest, forbidden(`${path}.defaultRequest`, detail)),
    ...when(
      item.type === 'PersistentVolumeClaim' && storage === undefined,
      required(`${path}.limits`, missing),
    ),
    ...[...names].flatMap((name) => orderErrors(item, path, name)),
  ]
}

function nameErrors(type: string, amounts: Amounts, path: string): FieldError[] {
  const check =
    type === 'Pod' || type === 'Container' ? containerResourceNameErrors : resourceNameErrors
  return eachEntry(amounts, path, (name, _, place) => check(name, place))
}

/** min <= defaultRequest <= default <= max, and the ratio fits in between. */
function orderErrors(item: Item, path: string, name: string): FieldError[] {
  const [max, min] = [item.max?.[name], item.min?.[name]]
  const [limit, request] = [item.default?.[name], item.defaultRequest?.[name]]
  const exceeds = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0
  const place = (part: string) => at(child(path, part), name)
  return [
    ...when(
      exceeds(min, max),
      invalid(place('min'), min, `min value ${min} is greater than max value ${max}`),
    ),
    ...when(
      exceeds(min, request),
      invalid(
        place('defaultRequest'),
        request,
        `min value ${min} is greater than default request value ${request}`,
      ),
    ),
    ...when(
      exceeds(request, max),
      invalid(
        place('defaultRequest'),
        request,
        `default request value ${request} is greater than max value ${max}`,
      ),
    ),
    ...when(
      exceeds(request, limit),
      invalid(
        place('defaultRequest'),
        request,
        `default request value ${request} is greater than default limit value ${limit}`,
      ),
    ),
    ...when(
      exceeds(min, limit),
      invalid(place('default'), min, `min value ${min} is greater than default value ${limit}`),
    ),
    ...when(
      exceeds(limit, max),
      invalid(place('default'), max, `default value ${limit} is greater than max value ${max}`),
    ),
    ...ratioErrors(item, path, name),
    ...when(
      !isOvercommitAllowed(name) &&
        limit !== undefined &&
        request !== undefined &&
        compareQuantities(limit, request) !== 0,
      invalid(
        place('defaultRequest'),
        request,
        `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
      ),
    ),
  ]
}

function ratioErrors(item: Item, path: string, name: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name]
  if (ratio === undefined) return []
  const [max, min] = [item.max?.[name], item.min?.[name]]
  const place = at(child(path, 'maxLimitRequestRatio'), name)
  const most =
    max === undefined || min === undefined
      ? Number.POSITIVE_INFINITY
      : Number(milliUnitsOf(max)) / Number(milliUnitsOf(min))
  return [
    ...when(
      compareQuantities(ratio, '1') < 0,
      invalid(place, ratio, `ratio ${ratio} is less than 1`),
    ),
    ...when(
      Number(milliUnitsOf(ratio)) / 1000 > most,
      invalid(place, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`),
    ),
  ]
}

const scopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]
const oppositeScopes = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

export function quotaErrors({ spec = {}, status }: DraftOf<ResourceQuota>): FieldError[] {
  return [
    ...hardErrors(spec.hard, 'spec.hard'),
    ...scopesErrors(spec.scopes ?? [], 'spec.scopes', Object.keys(spec.hard ?? {})),
    ...scopeSelectorErrors(spec),
    ...hardErrors(status?.hard, 'status.hard'),
    ...hardErrors(status?.used, 'status.used'),
  ]
}

function hardErrors(amounts: Amounts, path: string): FieldError[] {
  return eachEntry(amounts, path, (name, amount, place) => [
    ...quotaNameErrors(name, place),
    ...amountErrors(name, amount, place),
  ])
}

function quotaNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  const isKnown =
    standardQuotaResources.includes(name) || isHugePages(name.replace('requests.', ''))
  const isPlain = !name.includes('/')
  return [
    ...errors,
    ...when(isPlain && !isKnown, invalid(path, name, 'must be a standard resource for quota')),
  ]
}

const podResources = [
  'pods',
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]

/** Which scopes make sense for a resource: only Pods have them, and the best effort only a count. */
function isScopeFor(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope === 'VolumeAttributesClass') return /storage|persistentvolumeclaims/.test(resource)
  return podResources.includes(resource) || resource.includes('ephemeral-storage')
}

function scopesErrors(
  list: readonly string[],
  path: string,
  hard: readonly string[],
): FieldError[] {
  return [
    ...list.flatMap((scope) => [
      ...when(!scopes.includes(scope), invalid(path, list, 'unsupported scope')),
      ...hard
        .filter((name) => standardQuotaResources.includes(name) && !isScopeFor(scope, name))
        .map(() => invalid(path, list, 'unsupported scope applied to resource')),
    ]),
    ...oppositeScopes
      .filter((pair) => pair.every((scope) => list.includes(scope)))
      .map(() => invalid(path, list, 'conflicting scopes')),
  ]
}

type QuotaSpec = NonNullable<DraftOf<ResourceQuota>['spec']>

function scopeSelectorErrors({ scopeSelector, hard, scopes: listed }: QuotaSpec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions'
  const expressions = scopeSelector?.matchExpressions ?? []
  const names = expressions.map(({ scopeName = '' }) => scopeName as string)
  return [
    ...expressions.flatMap(({ scopeName = '', operator, values }) => [
      ...when(
        !scopes.includes(scopeName),
        invalid(`${path}.scopeName`, scopeName, 'unsupported scope'),
      ),
      ...Object.keys(hard ?? {})
        .filter((name) => standardQuotaResources.includes(name) && !isScopeFor(scopeName, name))
        .map(() => invalid(path, scopeSelector, 'unsupported scope applied to resource')),
      ...scopeOperatorErrors(scopeName, operator ?? '', values ?? [], path),
    ]),
    ...oppositeScopes
      .filter((pair) => pair.every((scope) => names.includes(scope)))
      .map(() => invalid(path, listed ?? null, 'conflicting scopes')),
  ]
}

function scopeOperatorErrors(
  scope: string,
  operator: string,
  values: readonly string[],
  path: string,
): FieldError[] {
  const isPresence =
    scope !== 'PriorityClass' && scope !== 'VolumeAttributesClass' && scopes.includes(scope)
  const onlyExists =
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
  return [
    ...when(isPresence && operator !== 'Exists', invalid(`${path}.operator`, operator, onlyExists)),
    ...scopeValueErrors(operator, values, path),
  ]
}

function scopeValueErrors(operator: string, values: readonly string[], path: string): FieldError[] {
  const words = 'for scope selector'
  if (operator === 'In' || operator === 'NotIn') {
    const detail = `must be at least one value when \`operator\` is 'In' or 'NotIn' ${words}`
    return when(values.length === 0, required(`${path}.values`, detail))
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = `must be no value when \`operator\` is 'Exist' or 'DoesNotExist' ${words}`
    return when(values.length > 0, invalid(`${path}.values`, values, detail))
  }
  return [invalid(`${path}.operator`, operator, 'not a valid selector operator')]
}

export function quotaUpdateErrors(
  next: DraftOf<ResourceQuota>,
  previous: DraftOf<ResourceQuota>,
): FieldError[] {
  const now = (next.spec?.scopes ?? []).toSorted()
  const before = (previous.spec?.scopes ?? []).toSorted()
  return when(
    !isSame(now, before),
    invalid('spec.scopes', next.spec?.scopes ?? null, 'field is immutable'),
  )
}

const largestUserPriority = 1_000_000_000
const systemClasses: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

export function priorityClassErrors(priorityClass: DraftOf<PriorityClass>): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = priorityClass
  const name = metadata?.name ?? ''
  const isSystem = name.startsWith('system-')
  const isOwn = isSystem && systemClasses[name] === value
  const reserved =
    "priority class names with 'system-' prefix are reserved for system use only. error: "
  return [
    ...when(
      isSystem && !isOwn,
      forbidden('metadata.name', `${reserved}${systemProblem(name, value)}`),
    ),
    ...when(
      !isSystem && value > largestUserPriority,
      forbidden(
        'value',
        `maximum allowed value of a user defined priority is ${largestUserPriority}`,
      ),
    ),
    ...(preemptionPolicy === undefined
      ? []
      : choiceErrors(preemptionPolicy, 'preemptionPolicy', ['PreemptLowerPriority', 'Never'])),
  ]
}

function systemProblem(name: string, value: number): string {
  const known = systemClasses[name]
  if (known === undefined) return `${name} is not a known system priority class`
  return `value of ${name} PriorityClass must be ${known}, not ${value}`.replace(/, not .*$/, '')
}

export function priorityClassUpdateErrors(
  next: DraftOf<PriorityClass>,
  previous: DraftOf<PriorityClass>,
): FieldError[] {
  const isSameValue = (next.value ?? 0) === (previous.value ?? 0)
  return [
    ...when(!isSameValue, forbidden('value', 'may not be changed in an update.')),
    ...when(
      next.preemptionPolicy !== previous.preemptionPolicy,
      invalid('preemptionPolicy', next.preemptionPolicy, 'field is immutable'),
    ),
  ]
}
