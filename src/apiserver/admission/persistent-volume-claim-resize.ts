// PersistentVolumeClaimResize: a claim grows only where it is bound and its class lets volumes grow.

import { asDraft, type DraftOf, draftAs } from '../../api/draft.ts'
import { compareQuantities } from '../../api/quantity.ts'
import type { PersistentVolumeClaim } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout, refusal } from './admission.ts'

type Claim = DraftOf<PersistentVolumeClaim>

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (request) =>
    request.operation === 'UPDATE' && isAbout(request, '', 'persistentvolumeclaims'),
  async validate(request, { cluster }) {
    const claim: Claim = draftAs(request.object ?? {})
    const old: Claim = draftAs(asDraft(request.old ?? {}))
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
    if (old.status?.phase !== 'Bound') {
      throw refusal(request, 'Only bound persistent volume claims can be expanded')
    }
    const name = classOf(claim)
    const found =
      name && name === classOf(old) ? await cluster.get('StorageClass', { name }) : undefined
    if (!found?.allowVolumeExpansion) {
      throw refusal(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    }
  },
}

function sizeOf({ spec }: Claim): string {
  return String(spec?.resources?.requests?.['storage'] ?? '0')
}

function classOf({ metadata, spec }: Claim): string | undefined {
  return (
    metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName
  )
}
