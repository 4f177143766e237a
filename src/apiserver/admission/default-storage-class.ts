// DefaultStorageClass: a claim that names no class gets the one marked as default, if any.

import { draftAs } from '../../api/draft.ts'
import type { PersistentVolumeClaim } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout } from './admission.ts'
import { newestMarked } from './newest-marked.ts'

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (request) =>
    request.operation === 'CREATE' && isAbout(request, '', 'persistentvolumeclaims'),
  async mutate({ object }, { cluster }) {
    const claim = draftAs<PersistentVolumeClaim>(object ?? {})
    const legacy = claim.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class']
    if (claim.spec?.storageClassName !== undefined || legacy !== undefined) return
    const found = newestMarked(
      await cluster.list('StorageClass'),
      'storageclass.kubernetes.io/is-default-class',
      'storageclass.beta.kubernetes.io/is-default-class',
    )
    if (found) claim.spec = { ...claim.spec, storageClassName: found.metadata.name }
  },
}
