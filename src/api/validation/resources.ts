// Names and amounts of resources, and what containers may request of them.

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
import { compareQuantities, milliUnitsOf, parseQuantity } from '../quantity.ts'
import type { ResourceRequirements } from '../types.gen.ts'
import { dnsLabelErrors, each, eachEntry } from './checks.ts'
import { child } from './field-path.ts'
import { negativeDetail, qualifiedNameErrors } from './metadata.ts'
import { qualifiedNameProblems } from './names.ts'

type Amounts = Readonly<Record<string, string | undefined>>

const containerResources = ['cpu', 'memory', 'ephemeral-storage']

const standardResources = [
  ...containerResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]

const integerResources = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]

export const standardQuotaResources = standardResources.filter((name) => name !== 'storage')

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

function isStandard(name: string): boolean {
  return (
    standardResources.includes(name) || isHugePages(name) || name.startsWith('requests.hugepages-')
  )
}

/** Kubernetes' own: without a prefix, or one of kubernetes.io. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** Resources of devices: countable, and never overcommitted. */
export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false
  return qualifiedNameProblems(`requests.${name}`).length === 0
}

export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name)
}

export function resourceNameErrors(name: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(name, path)
  if (errors.length > 0 || name.includes('/') || isStandard(name)) return errors
  return [invalid(path, name, 'must be a standard resource type or fully qualified')]
}

export function containerResourceNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  if (!name.includes('/')) {
    const isKnown = containerResources.includes(name) || isHugePages(name)
    const detail = 'must be a standard resource for containers'
    return all(errors, !isKnown ? [invalid(path, name, detail)] : [])
  }
  const isOdd = !isNative(name) && !isExtended(name)
  const detail = "doesn't follow extended resource name standard"
  return all(errors, isOdd ? [invalid(path, name, detail)] : [])
}

function podResourceNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  if (errors.length > 0) return errors
  const isSupported = name === 'cpu' || name === 'memory' || isHugePages(name)
  return !isSupported ? [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])] : []
}

/** Not negative, and whole where only whole things can be had. */
export function amountErrors(name: string, amount: string, path: string): FieldError[] {
  const isInteger = integerResources.includes(name) || isExtended(name)
  return all(
    nonNegativeAmountErrors(amount, path),
    isInteger && milliUnitsOf(amount) % 1000n !== 0n
      ? [invalid(path, amount, 'must be an integer')]
      : [],
  )
}

export function nonNegativeAmountErrors(amount: string, path: string): FieldError[] {
  return compareQuantities(amount, '0') < 0 ? [invalid(path, amount, negativeDetail)] : []
}

type Requirements = DraftOf<ResourceRequirements>
type NameErrors = (name: string, path: string) => FieldError[]

export interface RequirementsContext {
  /** Names in the Pod's resourceClaims. */
  readonly claimNames: readonly string[]
  readonly ofPod?: boolean
}

export function requirementsErrors(
  requirements: Requirements | undefined,
  path: string,
  { claimNames, ofPod = false }: RequirementsContext,
): FieldError[] {
  const { limits = {}, requests = {}, claims } = requirements ?? {}
  const nameErrors = ofPod ? podResourceNameErrors : containerResourceNameErrors
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const needsMore =
    names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')
  return all(
    amountsErrors(limits, child(path, 'limits'), nameErrors),
    amountsErrors(requests, child(path, 'requests'), nameErrors),
    requestErrors(requests, limits, path),
    needsMore ? [forbidden(path, 'HugePages require cpu or memory')] : [],
    claimErrors(claims ?? [], child(path, 'claims'), claimNames),
  )
}

function amountsErrors(amounts: Amounts, path: string, nameErrors: NameErrors): FieldError[] {
  return eachEntry(amounts, path, (name, amount, place) =>
    all(
      nameErrors(name, place),
      amountErrors(name, amount, place),
      isHugePages(name) && !isWholePages(name, amount)
        ? [invalid(place, amount, `${amount} is not positive integer multiple of ${name}`)]
        : [],
    ),
  )
}

function isWholePages(name: string, amount: string): boolean {
  const size = parseQuantity(name.slice('hugepages-'.length)).nanos
  return size > 0n && parseQuantity(amount).nanos % size === 0n
}

/** A request may not exceed its limit; where nothing is overcommitted the two are the same. */
function requestErrors(requests: Amounts, limits: Amounts, path: string): FieldError[] {
  const place = child(path, 'requests')
  return Object.entries(requests).flatMap(([name, request = '0']) => {
    const limit = limits[name]
    const mayOvercommit = isOvercommitAllowed(name)
    if (limit === undefined) {
      const detail = 'Limit must be set for non overcommitable resources'
      return !mayOvercommit ? [required(child(path, 'limits'), detail)] : []
    }
    const order = compareQuantities(request, limit)
    if (order !== 0 && !mayOvercommit) {
      return [invalid(place, request, `must be equal to ${name} limit of ${limit}`)]
    }
    const detail = `must be less than or equal to ${name} limit of ${limit}`
    return order > 0 ? [invalid(place, request, detail)] : []
  })
}

type Claims = NonNullable<Requirements['claims']>

function claimErrors(claims: Claims, path: string, known: readonly string[]): FieldError[] {
  const seen = new Set<string>()
  return each(claims, path, ({ name, request }, place) => {
    if (!name) return [required(place)]
    const key = request ? `${name}/${request}` : name
    const isRepeated =
      seen.has(name) ||
      seen.has(key) ||
      (!request && [...seen].some((other) => other.startsWith(`${name}/`)))
    seen.add(key)
    return all(
      request ? dnsLabelErrors(request, child(place, 'request')) : [],
      isRepeated ? [duplicate(place, request && !seen.has(name) ? key : name)] : [],
      !known.includes(name) ? [unknownClaim(name, place, known)] : [],
    )
  })
}

function unknownClaim(name: string, field: string, known: readonly string[]): FieldError {
  const list = known.length === 0 ? ' which is empty' : `: ${known.toSorted().join(', ')}`
  const detail = `must be one of the names in pod.spec.resourceClaims${list}`
  return { type: 'NotFound', field, badValue: name, detail }
}
