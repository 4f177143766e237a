// What the controllers that put something into every namespace have in common.

import type { ObjectKey } from '../api/meta.ts'
import type { Namespace, ObjectMeta } from '../api/types.gen.ts'
import type { ObjectChange } from '../client/informer.ts'

export function isLive({ metadata, status }: Namespace): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Terminating'
}

/** The namespace whose object of this name changed or went away. */
export function namespaceOfMissing(
  { previous, current }: ObjectChange<{ readonly metadata: ObjectMeta }>,
  name: string,
): readonly ObjectKey[] {
  const { metadata } = current ?? previous ?? {}
  return previous && metadata?.namespace && metadata.name === name
    ? [{ name: metadata.namespace }]
    : []
}
