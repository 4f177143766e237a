// Where a kind's objects are kept: upstream's key layout, /registry/PREFIX/[NAMESPACE/]NAME.

import type { KindEntry } from '../../api/kinds.ts'

export function storagePrefixOf({ storagePrefix, plural }: KindEntry): string {
  return `/registry/${storagePrefix ?? plural}/`
}

/** Custom resources are kept below their group. */
export function customStoragePrefix({ group, plural }: KindEntry): string {
  return `/registry/${group}/${plural}/`
}
