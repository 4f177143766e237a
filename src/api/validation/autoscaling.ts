// HorizontalPodAutoscalers, in both versions.

import type { DraftOf } from '../draft.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { compareQuantities } from '../quantity.ts'
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from '../types.gen.ts'
import { choiceErrors, each, formErrors, optionErrors, when } from './checks.ts'
import { child } from './field-path.ts'
import { pathSegmentProblems } from './names.ts'

export function autoscalerV1Errors({
  spec = {},
}: DraftOf<HorizontalPodAutoscalerV1>): FieldError[] {
  const percentage = spec.targetCPUUtilizationPercentage
  // It is kept as the first metric of the newer version, and checked there.
  const path = 'spec.metrics[0].resource.target.averageUtilization'
  return [
    ...boundsErrors(spec),
    ...referenceErrors(spec.scaleTargetRef, 'spec.scaleTargetRef'),
    ...when(
      percentage !== undefined && percentage < 1,
      invalid(path, percentage, 'must be greater than 0'),
    ),
    ...scaleToZeroErrors({ minReplicas: spec.minReplicas }),
  ]
}

export function autoscalerErrors({ spec = {} }: DraftOf<HorizontalPodAutoscaler>): FieldError[] {
  return [
    ...boundsErrors(spec),
    ...referenceErrors(spec.scaleTargetRef, 'spec.scaleTargetRef'),
    ...each(spec.metrics, 'spec.metrics', metricErrors),
    ...scaleToZeroErrors({ minReplicas: spec.minReplicas, metrics: spec.metrics }),
    ...rulesErrors(spec.behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...rulesErrors(spec.behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ]
}

interface Measured {
  readonly minReplicas: number | undefined
  readonly metrics?: readonly Metric[] | undefined
}

/** Metrics of Pods say nothing where there are none. */
function scaleToZeroErrors({ minReplicas, metrics = [] }: Measured): FieldError[] {
  const isSeen = metrics.some(({ type }) => type === 'Object' || type === 'External')
  const detail =
    'must specify at least one Object or External metric to support scaling to zero replicas'
  return when(minReplicas === 0 && !isSeen, forbidden('spec.metrics', detail))
}

interface Bounds {
  readonly minReplicas?: number | undefined
  readonly maxReplicas?: number | undefined
}

function boundsErrors({ minReplicas, maxReplicas = 0 }: Bounds): FieldError[] {
  const isOver = minReplicas !== undefined && maxReplicas < minReplicas
  return [
    ...when(
      minReplicas !== undefined && minReplicas < 1,
      invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'),
    ),
    ...when(maxReplicas < 1, invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')),
    ...when(
      isOver,
      invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'),
    ),
  ]
}

function referenceErrors(
  reference: DraftOf<CrossVersionObjectReference> | undefined,
  path: string,
): FieldError[] {
  const { kind, name } = reference ?? {}
  return [
    ...(kind
      ? formErrors(kind, child(path, 'kind'), pathSegmentProblems)
      : [required(child(path, 'kind'))]),
    ...(name
      ? formErrors(name, child(path, 'name'), pathSegmentProblems)
      : [required(child(path, 'name'))]),
  ]
}

type Metric = DraftOf<MetricSpec>

const sources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const

function isMetricType(type: string | undefined): type is keyof typeof sources {
  return type !== undefined && Object.hasOwn(sources, type)
}

function metricErrors(metric: Metric, path: string): FieldError[] {
  const { type } = metric
  if (!type) return [required(child(path, 'type'), 'must specify a metric source type')]
  if (!isMetricType(type)) {
    return [notSupported(child(path, 'type'), type, Object.keys(sources))]
  }
  const wanted = sources[type]
  const extra = Object.values(sources).filter((name) => name !== wanted && metric[name])
  const detail = `must populate information for the given metric source`
  return [
    ...when(!metric[wanted], required(child(path, wanted), detail)),
    ...extra.map((name) =>
      forbidden(child(path, name), 'must populate the given metric source only'),
    ),
    ...sourceErrors(metric, path),
  ]
}

function sourceErrors(metric: Metric, path: string): FieldError[] {
  const { resource, containerResource, pods, object, external } = metric
  return [
    ...(resource ? resourceErrors(resource, child(path, 'resource')) : []),
    ...(containerResource
      ? [
          ...resourceErrors(containerResource, child(path, 'containerResource')),
          ...when(
            !containerResource.container,
            required(child(path, 'containerResource', 'container'), 'must specify a container'),
          ),
        ]
      : []),
    ...(pods
      ? [
          ...identifierErrors(pods.metric?.name, child(path, 'pods', 'metric')),
          ...targetErrors(pods.target, child(path, 'pods', 'target')),
          ...when(
            !isPositive(pods.target?.averageValue),
            required(
              child(path, 'pods', 'target.averageValue'),
              'must specify a positive target averageValue',
            ),
          ),
        ]
      : []),
    ...(object
      ? [
          ...referenceErrors(object.describedObject, child(path, 'object', 'describedObject')),
          ...identifierErrors(object.metric?.name, child(path, 'object', 'metric')),
          ...valueTargetErrors(object.target, child(path, 'object', 'target')),
        ]
      : []),
    ...(external
      ? [
          ...identifierErrors(external.metric?.name, child(path, 'external', 'metric')),
          ...valueTargetErrors(external.target, child(path, 'external', 'target')),
        ]
      : []),
  ]
}

type Target = DraftOf<MetricTarget> | undefined

function isPositive(amount: string | undefined): boolean {
  return amount !== undefined && compareQuantities(amount, '0') > 0
}

function identifierErrors(name: string | undefined, path: string): FieldError[] {
  const place = child(path, 'name')
  return name
    ? formErrors(name, place, pathSegmentProblems)
    : [required(place, 'must specify a metric name')]
}

function targetErrors(target: Target, path: string): FieldError[] {
  const { type, value, averageValue, averageUtilization } = target ?? {}
  const positive = 'must be positive'
  return [
    ...(type
      ? optionErrors(type, child(path, 'type'), ['Utilization', 'Value', 'AverageValue'])
      : [required(child(path, 'type'), 'must specify a metric target type')]),
    ...when(
      value !== undefined && !isPositive(value),
      invalid(child(path, 'value'), value, positive),
    ),
    ...when(
      averageValue !== undefined && !isPositive(averageValue),
      invalid(child(path, 'averageValue'), averageValue, positive),
    ),
    ...when(
      averageUtilization !== undefined && averageUtilization < 1,
      invalid(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0'),
    ),
  ]
}

function valueTargetErrors(target: Target, path: string): FieldError[] {
  const { value, averageValue } = target ?? {}
  return [
    ...targetErrors(target, path),
    ...when(
      value === undefined && averageValue === undefined,
      required(child(path, 'averageValue'), 'must set either a target value or averageValue'),
    ),
    ...when(
      value !== undefined && averageValue !== undefined,
      forbidden(child(path, 'averageValue'), 'may not set both a target value and averageValue'),
    ),
  ]
}

function resourceErrors(
  { name, target }: { name?: string | undefined; target?: Target },
  path: string,
): FieldError[] {
  const { averageUtilization, averageValue, value } = target ?? {}
  const place = child(path, 'target')
  return [
    ...when(!name, required(child(path, 'name'), 'must specify a resource name')),
    ...targetErrors(target, place),
    ...when(value !== undefined, forbidden(child(place, 'value'), 'may not set target value')),
    ...when(
      averageUtilization === undefined && averageValue === undefined,
      required(
        child(place, 'averageUtilization'),
        'must set either a target raw value or a target utilization',
      ),
    ),
    ...when(
      averageUtilization !== undefined && averageValue !== undefined,
      forbidden(
        child(place, 'averageValue'),
        'may not set both a target raw value and a target utilization',
      ),
    ),
  ]
}

const longestWindowSeconds = 3600
const longestPeriodSeconds = 1800

function rulesErrors(rules: DraftOf<HPAScalingRules> | undefined, path: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: window, selectPolicy, policies } = rules
  const windowPath = child(path, 'stabilizationWindowSeconds')
  return [
    ...when(
      window !== undefined && window < 0,
      invalid(windowPath, window, 'must be greater than or equal to zero'),
    ),
    ...when(
      window !== undefined && window > longestWindowSeconds,
      invalid(windowPath, window, `must be less than or equal to ${longestWindowSeconds}`),
    ),
    ...optionErrors(selectPolicy, child(path, 'selectPolicy'), ['Disabled', 'Max', 'Min']),
    ...when(
      !policies?.length,
      required(child(path, 'policies'), 'must specify at least one Policy'),
    ),
    ...each(policies, child(path, 'policies'), ({ type, value = 0, periodSeconds = 0 }, place) => [
      ...choiceErrors(type, child(place, 'type'), ['Percent', 'Pods']),
      ...when(value <= 0, invalid(child(place, 'value'), value, 'must be greater than zero')),
      ...when(
        periodSeconds <= 0,
        invalid(child(place, 'periodSeconds'), periodSeconds, 'must be greater than zero'),
      ),
      ...when(
        periodSeconds > longestPeriodSeconds,
        invalid(
          child(place, 'periodSeconds'),
          periodSeconds,
          `must be less than or equal to ${longestPeriodSeconds}`,
        ),
      ),
    ]),
  ]
}
