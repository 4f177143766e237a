// Table: sources of volumes that are no longer in use; and what is said of PersistentVolumes. In: the
// object. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type { PersistentVolume } from '../types.gen.ts'
import { each, when } from '../validation/checks.ts'
import { child } from '../validation/field-path.ts'
import { annotationWarnings } from './annotations.ts'
import { fractionWarnings, oldClass } from './claims.ts'
import { termWarnings } from './node-labels.ts'

const oldSources = Object.entries({
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
})
/** Where upstream names a field otherwise than its JSON does. */
const shownAs: Readonly<Record<string, string>> = { storageos: 'storageOS' }

/** `volume` has a field for each sort of source. */
export function sourceWarnings(volume: object, path: string): string[] {
  return oldSources
    .filter(([source]) => Object.hasOwn(volume, source))
    .map(([source, said]) => `${child(path, shownAs[source] ?? source)}: ${said}`)
}

const oldAnnotations = {
  ...oldClass,
  'volume.beta.kubernetes.io/mount-options':
    'deprecated since v1.31; use "mountOptions" attribute instead',
}

export function volumeWarnings({ metadata, spec = {} }: DraftOf<PersistentVolume>): string[] {
  const recycling =
    'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'
  return all(
    annotationWarnings(metadata?.annotations, oldAnnotations),
    when(
      spec.persistentVolumeReclaimPolicy === 'Recycle',
      `spec.persistentVolumeReclaimPolicy: ${recycling}`,
    ),
    each(
      spec.nodeAffinity?.required?.nodeSelectorTerms,
      'spec.nodeAffinity.required.nodeSelectorTerms',
      (term, path) => termWarnings(term, path, false),
    ),
    fractionWarnings(spec.capacity, 'storage', 'spec.capacity'),
    sourceWarnings(spec, 'spec'),
  )
}
