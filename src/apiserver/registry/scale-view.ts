// What a Scale says of an object, and where in the object that is.

import { isDraft } from '../../api/draft.ts'
import type { ReplicasPlaces } from '../../api/managed-fields/scale-owners.ts'
import { labelSelectorText, rulesOfLabelSelector, rulesOfLabels } from '../../api/selector/label.ts'
import type { Call } from './answers.ts'
import { type ApiObject, textAt, valueAt } from './api-object.ts'
import type { ScalePaths } from './resource.ts'

/** A workload's Scale; the selector is text, as the autoscaler wants it. */
export function scaleOf(call: Call, object: ApiObject): ApiObject {
  const { specReplicas, statusReplicas } = pathsOf(call)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = selectorText(call, object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    spec: replicasIfAny(valueAt(object, ...specReplicas.split('.'))),
    status: {
      replicas: valueAt(object, ...statusReplicas.split('.')) ?? 0,
      ...(selector && { selector }),
    },
  }
}

function replicasIfAny(replicas: unknown): object {
  return replicas ? { replicas } : {}
}

const workloadPaths: ScalePaths = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  places: replicasPlaces(
    ['apps/v1', 'apps/v1beta2', 'apps/v1beta1', 'v1'].map((version) => [version, 'spec.replicas']),
  ),
}

export function pathsOf({ resource }: Call): ScalePaths {
  return resource.scale ?? workloadPaths
}

function selectorText({ resource }: Call, object: ApiObject): string {
  if (resource.scale) {
    const { labelSelector } = resource.scale
    return labelSelector === undefined ? '' : (textAt(object, ...labelSelector.split('.')) ?? '')
  }
  const selector = valueAt(object, 'spec', 'selector')
  if (!isDraft(selector)) return textAt(object, 'spec', 'selector') ?? ''
  // A ReplicationController's selector is the plain map of labels.
  const rules =
    object.kind === 'ReplicationController'
      ? rulesOfLabels(selector as Readonly<Record<string, string>>)
      : rulesOfLabelSelector(selector)
  return rules === 'nothing' ? '' : labelSelectorText(rules)
}

/** From the dotted path of each version; undefined where it has no scale. */
export function replicasPlaces(
  paths: readonly (readonly [apiVersion: string, path: string | undefined])[],
): ReplicasPlaces {
  return new Map(
    paths.map(([apiVersion, path]) => [
      apiVersion,
      path === undefined ? [] : path.split('.').map((name) => `f:${name}`),
    ]),
  )
}
