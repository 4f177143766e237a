// Namespace and object selectors of webhooks and policies. In: a request and its Namespace.

import { type Labels, labelSelectorMatches } from '../../../api/selector/label.ts'
import type { LabelSelector, Namespace } from '../../../api/types.gen.ts'
import { valueAt } from '../../registry/api-object.ts'
import type { AdmissionRequest, AdmissionSupport } from '../admission.ts'

export interface Selectors {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

/** The Namespace a request happens in; undefined for what has none. */
export async function namespaceOf(
  { resource, namespace }: AdmissionRequest,
  { cluster }: AdmissionSupport,
): Promise<Namespace | undefined> {
  if (!resource.entry.namespaced || !namespace) return undefined
  return cluster.get('Namespace', { name: namespace })
}

export function isSelected(
  { namespaceSelector = {}, objectSelector = {} }: Selectors,
  request: AdmissionRequest,
  namespace: Namespace | undefined,
): boolean {
  return (
    selectsNamespace(namespaceSelector, request, namespace) &&
    selectsObject(objectSelector, request)
  )
}

function isEverything({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return !matchExpressions?.length && Object.keys(matchLabels ?? {}).length === 0
}

/** Cluster-wide objects are in no namespace and always selected, except Namespaces by their labels. */
function selectsNamespace(
  selector: LabelSelector,
  { resource, object, old }: AdmissionRequest,
  namespace: Namespace | undefined,
): boolean {
  if (isEverything(selector)) return true
  const { entry } = resource
  if (entry.namespaced) return labelSelectorMatches(selector, namespace?.metadata.labels)
  const isNamespace = entry.group === '' && entry.plural === 'namespaces'
  return !isNamespace || labelSelectorMatches(selector, labelsOf(object ?? old))
}

function selectsObject(selector: LabelSelector, { object, old }: AdmissionRequest): boolean {
  if (isEverything(selector)) return true
  return [object, old].some(
    (one) => one !== undefined && labelSelectorMatches(selector, labelsOf(one)),
  )
}

function labelsOf(object: unknown): Labels {
  const labels = valueAt(object, 'metadata', 'labels')
  const isMap = typeof labels === 'object' && labels !== null
  return isMap ? Object.fromEntries(Object.entries(labels)) : {}
}
