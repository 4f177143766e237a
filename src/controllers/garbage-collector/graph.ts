// Who owns whom: every object of the cluster by uid, with its owners and its dependents.
// In: objects as they come and go. Out: which of them to look at.

import type { KubeObject, ObjectKey } from '../../api/meta.ts'
import { keyOf } from '../../api/meta.ts'
import type { OwnerReference } from '../../api/types.gen.ts'
import type { ApiResource } from '../../client/dynamic-client.ts'

export interface GraphNode {
  readonly uid: string
  readonly resource: ApiResource
  readonly key: ObjectKey
  readonly resourceVersion: string
  readonly owners: readonly OwnerReference[]
  readonly finalizers: readonly string[]
  readonly isDeleting: boolean
}

/** What a change makes worth looking at: whether to end them, or to let their dependents go. */
export interface Suspects {
  readonly toDelete: readonly string[]
  readonly toOrphan: readonly string[]
}

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

/** Deleted in the foreground: it stays until the dependents that block it are gone. */
export function awaitsDependents({ isDeleting, finalizers }: GraphNode): boolean {
  return isDeleting && finalizers.includes(foregroundFinalizer)
}

const orphansDependents = ({ isDeleting, finalizers }: GraphNode) =>
  isDeleting && finalizers.includes(orphanFinalizer)

export interface Graph {
  put(resource: ApiResource, object: KubeObject): Suspects
  remove(uid: string): Suspects
  get(uid: string): GraphNode | undefined
  dependentsOf(uid: string): readonly GraphNode[]
}

export function createGraph(): Graph {
  const nodes = new Map<string, GraphNode>()
  const dependents = new Map<string, Set<string>>()

  const link = (node: GraphNode) => {
    for (const { uid } of node.owners) {
      const set = dependents.get(uid)
      if (set) set.add(node.uid)
      else dependents.set(uid, new Set([node.uid]))
    }
  }
  const unlink = (node: GraphNode) => {
    for (const { uid } of node.owners) {
      const set = dependents.get(uid)
      set?.delete(node.uid)
      if (set?.size === 0) dependents.delete(uid)
    }
  }
  const uidsOfDependents = (uid: string) => [...(dependents.get(uid) ?? [])]
  /** Owners that wait for their dependents, and may have waited for this one. */
  const waitingOwners = ({ owners }: GraphNode) =>
    owners.flatMap(({ uid }) => {
      const owner = nodes.get(uid)
      return owner && awaitsDependents(owner) ? [uid] : []
    })

  return {
    put(resource, object) {
      const node = nodeOf(resource, object)
      const previous = nodes.get(node.uid)
      if (previous) unlink(previous)
      nodes.set(node.uid, node)
      link(node)
      const isAwaiting = awaitsDependents(node) && !(previous && awaitsDependents(previous))
      const isOrphaning = orphansDependents(node) && !(previous && orphansDependents(previous))
      const hasLostOwner = node.owners.some(({ uid }) => {
        const owner = nodes.get(uid)
        return !owner || awaitsDependents(owner)
      })
      return {
        toDelete: [
          ...(isAwaiting ? [node.uid, ...uidsOfDependents(node.uid)] : []),
          ...(hasLostOwner ? [node.uid] : []),
          ...(previous ? waitingOwners(previous) : []),
        ],
        toOrphan: isOrphaning ? [node.uid] : [],
      }
    },
    remove(uid) {
      const node = nodes.get(uid)
      if (!node) return { toDelete: [], toOrphan: [] }
      nodes.delete(uid)
      unlink(node)
      return { toDelete: [...uidsOfDependents(uid), ...waitingOwners(node)], toOrphan: [] }
    },
    get: (uid) => nodes.get(uid),
    dependentsOf: (uid) => uidsOfDependents(uid).flatMap((each) => nodes.get(each) ?? []),
  }
}

function nodeOf(resource: ApiResource, object: KubeObject): GraphNode {
  const { uid = '', resourceVersion = '', ownerReferences = [], ...meta } = object.metadata
  return {
    uid,
    resource,
    key: keyOf(object),
    resourceVersion,
    owners: ownerReferences,
    finalizers: meta.finalizers ?? [],
    isDeleting: meta.deletionTimestamp !== undefined,
  }
}
