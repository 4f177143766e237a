// What to do about one object whose owners may be gone or going.

import type { OwnerReference } from '../../api/types.gen.ts'
import type { DeleteOptions } from '../../client/client.ts'
import { foregroundFinalizer, type GraphNode, orphanFinalizer } from './graph.ts'

/** `waiting`: the owner is deleted in the foreground, and waits for this object to go. */
export type OwnerState = 'present' | 'absent' | 'waiting'

export interface Observed {
  readonly node: GraphNode
  readonly owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[]
  readonly dependents: readonly GraphNode[]
}

export type Step =
  | { readonly verb: 'nothing' }
  | { readonly verb: 'setOwners'; readonly owners: readonly OwnerReference[] }
  | {
      readonly verb: 'delete'
      readonly propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>
      /** Owner references to write first. */
      readonly owners?: readonly OwnerReference[]
    }

/** One owner that is there and stays is enough to live. */
export function planObject({ node, owners, dependents }: Observed): Step {
  if (owners.length === 0) return { verb: 'nothing' }
  const present = owners.filter(({ state }) => state === 'present')
  if (present.length === owners.length) return { verb: 'nothing' }
  if (present.length > 0) {
    return { verb: 'setOwners', owners: present.map(({ reference }) => reference) }
  }
  const isAwaited = owners.some(({ state }) => state === 'waiting')
  if (isAwaited && dependents.length > 0) {
    // Its own dependents go first. Where they too are waited for, the two would wait for each
    // other for ever: then the owner is told not to wait.
    const isCircle = dependents.some(
      ({ isDeleting, finalizers }) => isDeleting && finalizers.includes(foregroundFinalizer),
    )
    return {
      verb: 'delete',
      propagationPolicy: 'Foreground',
      ...(isCircle && {
        owners: owners.map(({ reference }) => ({ ...reference, blockOwnerDeletion: false })),
      }),
    }
  }
  return { verb: 'delete', propagationPolicy: policyOf(node) }
}

function policyOf({ finalizers }: GraphNode): NonNullable<DeleteOptions['propagationPolicy']> {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  return finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background'
}

/** Of an object deleted in the foreground: the dependents that it still has to wait for. */
export function blockingDependents(
  node: GraphNode,
  dependents: readonly GraphNode[],
): readonly GraphNode[] {
  return dependents.filter(({ owners }) =>
    owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion),
  )
}
