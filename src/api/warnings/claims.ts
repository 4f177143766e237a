// What is said of claims of storage, alone or as a template. In: the claim. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import { canonicalQuantity, milliUnitsOf } from '../quantity.ts'
import type { PersistentVolumeClaim } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'
import { annotationWarnings } from './annotations.ts'

type Claim = DraftOf<PersistentVolumeClaim>

/** Of claims and of volumes. */
export const oldClass = {
  'volume.beta.kubernetes.io/storage-class':
    'deprecated since v1.8; use "storageClassName" attribute instead',
}

export function claimWarnings({ metadata, spec }: Claim): string[] {
  return all(annotationWarnings(metadata?.annotations, oldClass), claimSpecWarnings(spec, 'spec'))
}

export function claimSpecWarnings(spec: Claim['spec'], path: string): string[] {
  const { requests, limits } = spec?.resources ?? {}
  return all(
    fractionWarnings(requests, 'storage', child(path, 'resources', 'requests')),
    fractionWarnings(limits, 'storage', child(path, 'resources', 'limits')),
  )
}

/** A part of a byte can't be had. */
export function fractionWarnings(
  amounts: Readonly<Record<string, string | number | undefined>> | undefined,
  name: string,
  path: string,
): string[] {
  const amount = amounts?.[name]
  if (amount === undefined || milliUnitsOf(`${amount}`) % 1000n === 0n) return []
  const shown = JSON.stringify(canonicalQuantity(amount))
  return [`${at(path, name)}: fractional byte value ${shown} is invalid, must be an integer`]
}
