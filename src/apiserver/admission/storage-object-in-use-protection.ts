// StorageObjectInUseProtection: claims and volumes stay while they are in use; a controller lets go.

import { draftAs } from '../../api/draft.ts'
import type { ObjectMeta } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout } from './admission.ts'

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (request) =>
    request.operation === 'CREATE' &&
    Object.keys(finalizers).some((plural) => isAbout(request, '', plural)),
  mutate({ object, resource }) {
    const finalizer = finalizers[resource.entry.plural]
    const { metadata } = draftAs<{ readonly metadata: ObjectMeta }>(object ?? {})
    if (!finalizer || !metadata || metadata.finalizers?.includes(finalizer)) return
    metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
