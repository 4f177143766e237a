// Keeps Pods where their volumes can be: bound ones where the PersistentVolume may be used, and
// none at all while a claim is missing or still to be bound by others.

import { matchesNodeSelector } from '../../api/selector/node.ts'
import type { PersistentVolumeClaim } from '../../api/types.gen.ts'
import { claimNamesOf } from '../../client/pod-claims.ts'
import { type ClusterView, type FilterPlugin, rejectedFinally } from '../plugin.ts'

export const volumeBinding: FilterPlugin = {
  name: 'VolumeBinding',
  prepareFilter({ pod, cluster }) {
    const names = claimNamesOf(pod)
    if (names.length === 0) return undefined
    const claims: PersistentVolumeClaim[] = []
    for (const name of names) {
      const claim = cluster.get('PersistentVolumeClaim', {
        namespace: pod.metadata.namespace ?? '',
        name,
      })
      if (!claim) return rejectedFinally(`persistentvolumeclaim "${name}" not found`)
      if (claim.metadata.deletionTimestamp) {
        return rejectedFinally(`persistentvolumeclaim "${name}" is being deleted`)
      }
      claims.push(claim)
    }
    if (claims.some((claim) => !isBound(claim) && !waitsForConsumer(claim, cluster))) {
      return rejectedFinally('pod has unbound immediate PersistentVolumeClaims')
    }
    const bound = claims.filter(isBound)
    return ({ node }) => {
      for (const { spec } of bound) {
        const volume = cluster.get('PersistentVolume', { name: spec.volumeName ?? '' })
        if (!volume)
          return rejectedFinally(
            'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
          )
        const required = volume.spec.nodeAffinity?.required
        if (required && !matchesNodeSelector(required, node)) {
          return rejectedFinally("node(s) didn't match PersistentVolume's node affinity")
        }
      }
      return undefined
    }
  },
}

function isBound({ spec, metadata }: PersistentVolumeClaim): boolean {
  return (
    Boolean(spec.volumeName) && 'pv.kubernetes.io/bind-completed' in (metadata.annotations ?? {})
  )
}

/** Bound only once a Pod that uses the claim has a node. */
function waitsForConsumer({ spec }: PersistentVolumeClaim, cluster: ClusterView): boolean {
  const storageClass = cluster.get('StorageClass', { name: spec.storageClassName ?? '' })
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}
