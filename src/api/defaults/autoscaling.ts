// Defaults of autoscaling/v1 and v2.

import type { DraftOf } from '../draft.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  HPAScalingRules,
} from '../types.gen.ts'

/** Metrics that only the newer version can say are kept here in the older one. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const defaultUtilization = 80

export function defaultAutoscalerV1({ spec, metadata }: DraftOf<HorizontalPodAutoscalerV1>): void {
  if (!spec) return
  spec.minReplicas ??= 1
  if (metadata?.annotations?.[metricsAnnotation]) return
  spec.targetCPUUtilizationPercentage ??= defaultUtilization
}

export function defaultAutoscaler({ spec }: DraftOf<HorizontalPodAutoscaler>): void {
  if (!spec) return
  spec.minReplicas ??= 1
  if (!spec.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: defaultUtilization }
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
  }
  const { behavior } = spec
  if (!behavior) return
  behavior.scaleUp = withDefaults(behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  })
  behavior.scaleDown = withDefaults(behavior.scaleDown, {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  })
}

type Rules = DraftOf<HPAScalingRules>

function withDefaults(given: Rules | undefined, defaults: Rules): Rules {
  return { ...defaults, ...given }
}
