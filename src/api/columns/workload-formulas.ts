// The cells of Jobs, autoscalers, revisions and quotas.

import { type DraftOf, draftAs } from '../draft.ts'
import { canonicalQuantity } from '../quantity.ts'
import type {
  ControllerRevision,
  HorizontalPodAutoscaler,
  Job,
  MetricSpec,
  MetricStatus,
  ResourceQuota,
} from '../types.gen.ts'
import { humanDuration } from './duration.ts'
import type { Formulas } from './expression.ts'
import { none, shortList, unknown } from './text.ts'

export const workloadFormulas: Formulas = {
  jobStatus: (_, { object }) => jobStatusText(draftAs<Job>(object)),
  jobCompletions: (_, { object }) => jobCompletionsText(draftAs<Job>(object)),
  jobDuration: (_, { object, nowMs }) => jobDurationText(draftAs<Job>(object), nowMs),
  hpaTargets: (_, { object }) => targetsText(draftAs<HorizontalPodAutoscaler>(object)),
  controllerOwner: (_, { object }) => controllerOwnerText(draftAs<ControllerRevision>(object)),
  quotaPairs: (args, { object }) =>
    quotaText(draftAs<ResourceQuota>(object), args.texts[0] === 'limits.*'),
}

/** The condition that is True first in this order tells. */
const jobStates = [
  'Complete',
  'Failed',
  'Terminating',
  'Suspended',
  'FailureTarget',
  'SuccessCriteriaMet',
]

function jobStatusText({ metadata, status }: DraftOf<Job>): string {
  const holds = (type: string) =>
    type === 'Terminating'
      ? metadata?.deletionTimestamp !== undefined
      : status?.conditions?.some((one) => one.type === type && one.status === 'True')
  return jobStates.find(holds) ?? 'Running'
}

function jobCompletionsText({ spec, status }: DraftOf<Job>): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function jobDurationText({ status }: DraftOf<Job>, nowMs: number): string {
  if (!status?.startTime) return ''
  const endMs = status.completionTime ? Date.parse(status.completionTime) : nowMs
  return humanDuration(endMs - Date.parse(status.startTime))
}

type Metric = DraftOf<MetricSpec>
type Current = DraftOf<MetricStatus>

const metricsShown = 2

function targetsText({ spec, status }: DraftOf<HorizontalPodAutoscaler>): string {
  const metrics = spec?.metrics ?? []
  const current = status?.currentMetrics ?? []
  const texts = metrics.map((metric, index) => targetText(metric, current[index]))
  return shortList(texts, { most: metricsShown, empty: none, separator: ', ' })
}

function targetText(metric: Metric, current: Current | undefined): string {
  switch (metric.type) {
    case 'Resource':
      return resourceText(metric.resource, current?.resource)
    case 'ContainerResource':
      return resourceText(metric.containerResource, current?.containerResource)
    case 'Pods':
      return `${amount(current?.pods?.current?.averageValue)}/${amount(metric.pods?.target?.averageValue)}`
    case 'Object':
      return valueText(metric.object?.target, current?.object?.current)
    case 'External':
      return valueText(metric.external?.target, current?.external?.current)
    default:
      return '<unknown type>'
  }
}

type ResourceMetric = Metric['resource'] | Metric['containerResource']
type ResourceCurrent = Current['resource'] | Current['containerResource']

function resourceText(metric: ResourceMetric, current: ResourceCurrent): string {
  const { name, target } = metric ?? {}
  if (target?.averageValue !== undefined) {
    return `${name}: ${amount(current?.current?.averageValue)}/${amount(target.averageValue)}`
  }
  const used = current?.current?.averageUtilization
  const wanted = target?.averageUtilization
  return `${name}: ${used === undefined ? unknown : `${used}%`}/${wanted === undefined ? '<auto>' : `${wanted}%`}`
}

type Target = NonNullable<Metric['object']>['target']
type Measured = NonNullable<Current['object']>['current']

function valueText(target: Target, current: Measured): string {
  if (target?.averageValue !== undefined) {
    return `${amount(current?.averageValue)}/${amount(target.averageValue)} (avg)`
  }
  return `${amount(current?.value)}/${amount(target?.value)}`
}

function amount(quantity: string | undefined): string {
  return quantity === undefined ? unknown : canonicalQuantity(quantity)
}

function controllerOwnerText({ metadata }: DraftOf<ControllerRevision>): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller)
  if (!owner) return none
  const { apiVersion = '', kind = '', name } = owner
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return `${kind}${group}`.toLowerCase().concat(`/${name}`)
}

/** `cpu: 1/4`; requests and counts in one column, limits in the other. */
function quotaText({ status }: DraftOf<ResourceQuota>, ofLimits: boolean): string {
  const hard = status?.hard ?? {}
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits.') === ofLimits)
    .sort()
    .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}
