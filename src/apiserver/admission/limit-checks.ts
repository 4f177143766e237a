// Whether a Pod or a claim keeps within one item of a LimitRange; what is wrong in upstream's words.

import type { DraftOf } from '../../api/draft.ts'
import { aggregateContainers } from '../../api/pod-resources.ts'
import { compareQuantities, milliUnitsOf } from '../../api/quantity.ts'
import type { LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/types.gen.ts'

type Amounts = Readonly<Record<string, string | undefined>>

export function podProblems(pod: DraftOf<Pod>, item: LimitRangeItem): readonly string[] {
  const spec = pod.spec ?? {}
  if (item.type === 'Container') {
    return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      problemsOf(item, resources?.requests ?? {}, resources?.limits ?? {}),
    )
  }
  if (item.type !== 'Pod') return []
  return problemsOf(
    item,
    aggregateContainers(spec, 'requests'),
    aggregateContainers(spec, 'limits'),
  )
}

export function claimProblems(
  { spec }: DraftOf<PersistentVolumeClaim>,
  item: LimitRangeItem,
): readonly string[] {
  if (item.type !== 'PersistentVolumeClaim') return []
  const requests = spec?.resources?.requests ?? {}
  // A claim has no limit, so its request is held against both bounds.
  return [
    ...Object.entries(item.min ?? {}).flatMap(([name, min]) =>
      minProblem(item, name, min, requests, {}),
    ),
    ...Object.entries(item.max ?? {}).flatMap(([name, max]) => claimMax(item, name, max, requests)),
  ]
}

function problemsOf(item: LimitRangeItem, requests: Amounts, limits: Amounts): readonly string[] {
  return [
    ...Object.entries(item.min ?? {}).flatMap(([name, min]) =>
      minProblem(item, name, min, requests, limits),
    ),
    ...Object.entries(item.max ?? {}).flatMap(([name, max]) =>
      maxProblem(item, name, max, requests, limits),
    ),
    ...Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) =>
      ratioProblem(item, name, ratio, requests, limits),
    ),
  ]
}

function minProblem(
  { type }: LimitRangeItem,
  name: string,
  min: string,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const bound = `minimum ${name} usage per ${type} is ${min}`
  const request = requests[name]
  const limit = limits[name]
  if (request === undefined) return [`${bound}.  No request is specified`]
  if (compareQuantities(request, min) < 0) return [`${bound}, but request is ${request}`]
  if (limit !== undefined && compareQuantities(limit, min) < 0) {
    return [`${bound}, but limit is ${limit}`]
  }
  return []
}

function maxProblem(
  { type }: LimitRangeItem,
  name: string,
  max: string,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const bound = `maximum ${name} usage per ${type} is ${max}`
  const request = requests[name]
  const limit = limits[name]
  if (limit === undefined) return [`${bound}.  No limit is specified`]
  if (compareQuantities(limit, max) > 0) return [`${bound}, but limit is ${limit}`]
  if (request !== undefined && compareQuantities(request, max) > 0) {
    return [`${bound}, but request is ${request}`]
  }
  return []
}

function claimMax(
  { type }: LimitRangeItem,
  name: string,
  max: string,
  requests: Amounts,
): string[] {
  const bound = `maximum ${name} usage per ${type} is ${max}`
  const request = requests[name]
  if (request === undefined) return [`${bound}.  No request is specified`]
  return compareQuantities(request, max) > 0 ? [`${bound}, but request is ${request}`] : []
}

function ratioProblem(
  { type }: LimitRangeItem,
  name: string,
  ratio: string,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const bound = `${name} max limit to request ratio per ${type} is ${ratio}`
  const request = milli(requests[name])
  const limit = milli(limits[name])
  if (!request || !limit) return [`${bound}, but no request is specified or request is 0`]
  const given = limit / request
  if (given <= (milli(ratio) ?? 0) / 1000) return []
  return [`${bound}, but provided ratio is ${given.toFixed(6)}`]
}

function milli(amount: string | undefined): number | undefined {
  return amount === undefined ? undefined : Number(milliUnitsOf(amount))
}
