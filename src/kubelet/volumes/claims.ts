// A claim's volume, where it is bound to a path of this node: hostPath and local volumes.

import type { HostPathVolumeSource, Pod, Volume } from '../../api/types.gen.ts'
import type { ObjectReader } from '../objects.ts'
import { VolumeError } from './volume-error.ts'

export async function claimedVolume(
  pod: Pod,
  volume: Volume,
  objects: ObjectReader,
): Promise<HostPathVolumeSource & { readonly readOnly: boolean }> {
  const { namespace = '' } = pod.metadata
  const { claimName = `${pod.metadata.name}-${volume.name}`, readOnly = false } =
    volume.persistentVolumeClaim ?? {}
  const claim = await objects.find('PersistentVolumeClaim', { namespace, name: claimName })
  if (!claim) throw new VolumeError(`persistentvolumeclaim "${claimName}" not found`)
  const { volumeName } = claim.spec
  if (claim.status?.phase !== 'Bound' || !volumeName)
    throw new VolumeError(`PVC ${namespace}/${claimName} is not bound`)
  const bound = await objects.find('PersistentVolume', { name: volumeName })
  if (!bound) throw new VolumeError(`persistentvolume "${volumeName}" not found`)
  const { hostPath, local } = bound.spec
  if (hostPath) return { ...hostPath, readOnly }
  if (local) return { path: local.path, type: 'Directory', readOnly }
  throw new VolumeError(`the source of persistent volume ${volumeName} is not supported`)
}
