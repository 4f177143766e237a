// How many Pods the controllers of some Pods want together: from the caches for the kinds that
// are known, from the scale subresource for all others.

import { controllerOf } from '../../api/meta.ts'
import { isReason } from '../../api/status-error.ts'
import type { OwnerReference, Pod } from '../../api/types.gen.ts'
import type { ApiClient } from '../../client/create-client.ts'
import type { Listers } from '../../client/informer.ts'

/** Rejects when a controller does not say; Pods without one, or whose own is gone, are not asked. */
export async function scaleOf(
  pods: readonly Pod[],
  listers: Listers,
  client: ApiClient,
): Promise<number> {
  const scales = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (!owner || scales.has(owner.uid)) continue
    const { namespace = '' } = pod.metadata
    const found = cachedScale(namespace, owner, listers) ?? (await ask(namespace, owner, client))
    if (!found) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`)
    scales.set(found.uid, found.replicas)
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
}

interface Scale {
  readonly uid: string
  readonly replicas: number
}

function cachedScale(
  namespace: string,
  owner: OwnerReference,
  listers: Listers,
): Scale | undefined {
  const { apiVersion, kind, name, uid } = owner
  const key = { namespace, name }
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  if (group === '' && kind === 'ReplicationController') {
    return scaleIf(listers.ReplicationController.get(key), uid)
  }
  if (group !== 'apps') return undefined
  if (kind === 'StatefulSet') return scaleIf(listers.StatefulSet.get(key), uid)
  if (kind !== 'ReplicaSet') return undefined
  const set = listers.ReplicaSet.get(key)
  const parent = set && controllerOf(set)
  if (parent?.kind !== 'Deployment') return scaleIf(set, uid)
  return scaleIf(listers.Deployment.get({ namespace, name: parent.name }), parent.uid)
}

function scaleIf(
  object:
    | { readonly metadata: Pod['metadata']; readonly spec?: { readonly replicas?: number } }
    | undefined,
  uid: string,
): Scale | undefined {
  if (!object || object.metadata.uid !== uid) return undefined
  return { uid, replicas: object.spec?.replicas ?? 1 }
}

interface ResourceNames {
  readonly resources?: readonly { readonly name: string; readonly kind: string }[]
}

interface ScaleObject {
  readonly metadata: { readonly uid?: string }
  readonly spec?: { readonly replicas?: number }
}

/** `as`: what the API server answers to these two paths. */
async function ask(
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
  { dynamic }: ApiClient,
): Promise<Scale | undefined> {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const { resources = [] } = (await dynamic.json('GET', base)) as ResourceNames
  const plural = resources.find((each) => each.kind === kind && !each.name.includes('/'))?.name
  if (!plural) return undefined
  if (!resources.some((each) => each.name === `${plural}/scale`)) {
    const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
    throw new Error(`${plural}${group} does not implement the scale subresource`)
  }
  try {
    const path = `${base}/namespaces/${namespace}/${plural}/${name}/scale`
    const { metadata, spec } = (await dynamic.json('GET', path)) as ScaleObject
    return metadata.uid === uid ? { uid, replicas: spec?.replicas ?? 0 } : undefined
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
