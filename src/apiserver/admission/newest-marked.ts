// Among objects marked as default by an annotation, the newest; by name among equals.

import type { ObjectMeta } from '../../api/types.gen.ts'

export function newestMarked<T extends { readonly metadata: ObjectMeta }>(
  objects: readonly T[],
  ...annotations: readonly string[]
): T | undefined {
  return objects
    .filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'))
    .toSorted(
      (a, b) =>
        timeOf(b.metadata) - timeOf(a.metadata) || (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0]
}

function timeOf({ creationTimestamp }: ObjectMeta): number {
  return creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp)
}
