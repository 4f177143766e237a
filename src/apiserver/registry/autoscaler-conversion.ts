// HorizontalPodAutoscaler: served as autoscaling/v1, kept as autoscaling/v2. What v1 has no field
// for travels in annotations, as upstream's conversion does it.

import { type ApiObject, listAt, valueAt, withMetadata } from './api-object.ts'
import type { Conversion } from './resource.ts'

type Fields = Readonly<Record<string, unknown>>

const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
} as const

export const autoscalerConversion: Conversion = { fromStored, toStored }

function fromStored(object: ApiObject): ApiObject {
  const { metrics, behavior, ...spec } = fieldsAt(object, 'spec')
  const { currentMetrics, conditions, ...status } = fieldsAt(object, 'status')
  const [cpu, others] = splitCpu(metrics)
  const [current, otherCurrent] = splitCpu(currentMetrics)
  const kept = keptTexts({ metrics: others, behavior, currentMetrics: otherCurrent, conditions })
  const marked = withMetadata(object, {
    annotations: withoutEmpty({ ...object.metadata.annotations, ...kept }),
  })
  return {
    ...marked,
    apiVersion: 'autoscaling/v1',
    spec: {
      ...spec,
      ...fieldIfSet('targetCPUUtilizationPercentage', utilization(cpu, 'target')),
    },
    status: {
      ...status,
      ...fieldIfSet('currentCPUUtilizationPercentage', utilization(current, 'current')),
    },
  }
}

function toStored(object: ApiObject): ApiObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = fieldsAt(object, 'spec')
  const { currentCPUUtilizationPercentage: current, ...status } = fieldsAt(object, 'status')
  const texts: Readonly<Record<string, string>> = object.metadata.annotations ?? {}
  const kept = (name: keyof typeof annotations) => parsed(texts[annotations[name]])
  const rest = Object.fromEntries(Object.entries(texts).filter(([key]) => !annotationKeys.has(key)))
  return {
    ...withMetadata(object, { annotations: withoutEmpty(rest) }),
    apiVersion: 'autoscaling/v2',
    spec: {
      ...spec,
      ...fieldIfSet('metrics', joined(cpuMetric(target, 'target'), kept('metrics'))),
      ...fieldIfSet('behavior', kept('behavior')),
    },
    status: {
      ...status,
      ...fieldIfSet(
        'currentMetrics',
        joined(cpuMetric(current, 'current'), kept('currentMetrics')),
      ),
      ...fieldIfSet('conditions', kept('conditions')),
    },
  }
}

const annotationKeys = new Set<string>(Object.values(annotations))

function fieldsAt(object: ApiObject, field: string): Fields {
  const value = valueAt(object, field)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** v1 knows one metric, CPU utilization; the first such is that one. */
function splitCpu(metrics: unknown): readonly [Fields | undefined, readonly Fields[]] {
  const all = listAt({ metrics }, 'metrics')
  const cpu = all.find(
    (metric) =>
      valueAt(metric, 'type') === 'Resource' &&
      valueAt(metric, 'resource', 'name') === 'cpu' &&
      (utilization(metric, 'target') ?? utilization(metric, 'current')) !== undefined,
  )
  return [cpu, all.filter((metric) => metric !== cpu)]
}

function utilization(metric: Fields | undefined, of: 'target' | 'current'): unknown {
  return valueAt(metric, 'resource', of, 'averageUtilization')
}

function cpuMetric(percent: unknown, of: 'target' | 'current'): readonly Fields[] {
  if (typeof percent !== 'number') return []
  const value = {
    averageUtilization: percent,
    ...(of === 'target' && { type: 'Utilization' }),
  }
  return [{ type: 'Resource', resource: { name: 'cpu', [of]: value } }]
}

function joined(first: readonly Fields[], others: unknown): readonly Fields[] | undefined {
  const all = [...first, ...(Array.isArray(others) ? others : [])]
  return all.length > 0 ? all : undefined
}

function keptTexts(values: Readonly<Record<keyof typeof annotations, unknown>>) {
  const names: readonly (keyof typeof annotations)[] = [
    'metrics',
    'behavior',
    'currentMetrics',
    'conditions',
  ]
  return Object.fromEntries(
    names
      .filter((name) => !isEmpty(values[name]))
      .map((name) => [annotations[name], JSON.stringify(values[name])]),
  )
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    // Somebody wrote something else there: it is not ours to read.
    return undefined
  }
}

function fieldIfSet(name: string, value: unknown): Fields {
  return value === undefined ? {} : { [name]: value }
}

function withoutEmpty(
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  return Object.keys(texts).length > 0 ? texts : undefined
}
