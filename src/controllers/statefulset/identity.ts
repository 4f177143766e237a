// Who a Pod of a StatefulSet is: its name, its host name, its claims, by its ordinal.

import { controllerReference } from '../../api/meta.ts'
import type {
  OwnerReference,
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  StatefulSet,
  Volume,
} from '../../api/types.gen.ts'
import { podFromTemplate } from '../new-pod.ts'
import { revisionHashLabel } from '../revisions.ts'

const nameLabel = 'statefulset.kubernetes.io/pod-name'
const indexLabel = 'apps.kubernetes.io/pod-index'

export const startOf = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0
export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1

/** -1 for a name that is not of this set. */
export function ordinalOf({ metadata }: StatefulSet, pod: Pod): number {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name)
  return match?.[1] === metadata.name ? Number(match[2]) : -1
}

export function newPod(
  set: StatefulSet,
  ordinal: number,
  revision: { readonly name: string; readonly template: PodTemplateSpec },
): Pod {
  const pod = podFromTemplate(set, revision.template)
  const name = `${set.metadata.name}-${ordinal}`
  const { generateName: _, ...metadata } = pod.metadata
  const { serviceName } = set.spec
  return {
    ...pod,
    metadata: {
      ...metadata,
      name,
      labels: {
        ...metadata.labels,
        ...identityLabels(name, ordinal),
        [revisionHashLabel]: revision.name,
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName && { subdomain: serviceName }),
      volumes: volumesOf(set, name, pod.spec.volumes),
    },
  }
}

const identityLabels = (name: string, ordinal: number) => ({
  [nameLabel]: name,
  [indexLabel]: String(ordinal),
})

/** The claims' volumes take the place of volumes of the same name. */
function volumesOf(
  set: StatefulSet,
  podName: string,
  volumes: readonly Volume[] = [],
): readonly Volume[] {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }): Volume => {
    const claimName = `${metadata.name}-${podName}`
    return { name: metadata.name, persistentVolumeClaim: { claimName } }
  })
  const names = new Set(claims.map(({ name }) => name))
  return [...claims, ...volumes.filter(({ name }) => !names.has(name))]
}

export function claimsOf(set: StatefulSet, podName: string): readonly PersistentVolumeClaim[] {
  const { namespace } = set.metadata
  const isKept = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted !== 'Delete'
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const { labels, annotations, name } = template.metadata
    const owners: readonly OwnerReference[] = isKept
      ? []
      : [{ ...controllerReference(set), blockOwnerDeletion: false }]
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: `${name}-${podName}`,
        ...(namespace && { namespace }),
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations && { annotations }),
        ...(owners.length > 0 && { ownerReferences: owners }),
      },
      spec: template.spec,
    }
  })
}
