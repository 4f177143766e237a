// What is said of claims of storage, alone or as a template. In: the claim. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { canonicalQuantity, milliUnitsOf } from '../quantity.ts'
import type { PersistentVolumeClaim } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'

type Claim = DraftOf<PersistentVolumeClaim>

const oldClass = 'volume.beta.kubernetes.io/storage-class'

export function claimWarnings({ metadata, spec }: Claim): string[] {
  return [...oldClassWarnings(metadata?.annotations), ...claimSpecWarnings(spec, 'spec')]
}

/** Of claims and of volumes. */
export function oldClassWarnings(
  annotations: Readonly<Record<string, string | undefined>> | undefined,
): string[] {
  const said = 'deprecated since v1.8; use "storageClassName" attribute instead'
  if (annotations?.[oldClass] === undefined) return []
  return [`metadata.annotations[${oldClass}]: ${said}`]
}

export function claimSpecWarnings(spec: Claim['spec'], path: string): string[] {
  const { requests, limits } = spec?.resources ?? {}
  return [
    ...fractionWarnings(requests, ['storage'], child(path, 'resources', 'requests')),
    ...fractionWarnings(limits, ['storage'], child(path, 'resources', 'limits')),
  ]
}

/** A part of a byte can't be had. */
export function fractionWarnings(
  amounts: Readonly<Record<string, string | number | undefined>> | undefined,
  names: readonly string[],
  path: string,
): string[] {
  return names.flatMap((name) => {
    const amount = amounts?.[name]
    if (amount === undefined || milliUnitsOf(`${amount}`) % 1000n === 0n) return []
    const shown = JSON.stringify(canonicalQuantity(amount))
    return [`${at(path, name)}: fractional byte value ${shown} is invalid, must be an integer`]
  })
}
