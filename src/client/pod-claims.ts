// The PersistentVolumeClaims that a Pod uses.

import type { Pod } from '../api/types.gen.ts'

/** Claims named by the Pod; those of ephemeral volumes are named after Pod and volume. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName]
    return ephemeral ? [`${metadata.name}-${name}`] : []
  })
}
