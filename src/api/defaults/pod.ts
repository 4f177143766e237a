// Defaults of Pods themselves, which templates do not get.

import type { DraftOf } from '../draft.ts'
import { aggregateContainers } from '../pod-resources.ts'
import type { Pod, PodSpec } from '../types.gen.ts'
import { defaultPodSpec } from './pod-spec.ts'

type Spec = DraftOf<PodSpec>

export function defaultPod(pod: DraftOf<Pod>): void {
  const spec = pod.spec
  if (!spec) return
  defaultPodSpec(spec)
  spec.enableServiceLinks ??= true
  if (isNegative(spec.terminationGracePeriodSeconds)) spec.terminationGracePeriodSeconds = 1
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    if (resources) requestWhatIsLimited(resources)
  }
  defaultHugePageLimits(spec)
  defaultPodRequests(spec)
}

/** What validation let pass once, and passes still: such a period is as short as one can be. */
function isNegative(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds < 0
}

type Resources = NonNullable<Spec['resources']>

/** A limit without a request is a request as well. */
function requestWhatIsLimited(resources: Resources): void {
  if (!resources.limits) return
  resources.requests = { ...resources.limits, ...resources.requests }
}

/** Resources that a Pod as a whole may ask for. */
function isPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePages(name)
}

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

function defaultHugePageLimits(spec: Spec): void {
  const { resources } = spec
  if (!resources || !(resources.limits || resources.requests)) return
  const summed = Object.entries(aggregateContainers(spec, 'limits'))
  const limits = {
    ...Object.fromEntries(summed.filter(([name]) => isHugePages(name))),
    ...resources.limits,
  }
  if (Object.keys(limits).length > 0) resources.limits = limits
}

/** What the containers ask for together, else the Pod's own limit. */
function defaultPodRequests(spec: Spec): void {
  const { resources } = spec
  if (!resources?.limits) return
  const summed = Object.entries(aggregateContainers(spec, 'requests'))
  const limits = Object.entries(resources.limits)
  const requests = {
    ...Object.fromEntries(limits.filter(([name]) => isPodLevel(name))),
    ...Object.fromEntries(summed.filter(([name]) => isPodLevel(name) && !isHugePages(name))),
    ...resources.requests,
  }
  if (Object.keys(requests).length > 0) resources.requests = requests
}
