// Who controls what: an owner keeps what its selector matches, adopts orphans that it matches,
// and releases what it no longer matches.

import type { Kind } from '../api/kinds.ts'
import { controllerOf, controllerReference, type KubeObject, keyOf } from '../api/meta.ts'
import { matchesSelector } from '../api/selector/match.ts'
import type { LabelSelector } from '../api/types.gen.ts'
import type { Write } from '../client/plan.ts'

export interface Claim<T> {
  readonly claimed: readonly T[]
  readonly actions: readonly Write[]
}

export interface ClaimOptions<T> {
  readonly owner: KubeObject
  readonly selector: LabelSelector
  /** Kind of the candidates. */
  readonly kind: Kind
  readonly candidates: readonly T[]
}

export function claim<T extends KubeObject>(options: ClaimOptions<T>): Claim<T> {
  const { owner, selector, kind, candidates } = options
  const isLeaving = owner.metadata.deletionTimestamp !== undefined
  const claimed: T[] = []
  const actions: Write[] = []
  for (const object of candidates) {
    const controller = controllerOf(object)
    const isMatch = matchesSelector(selector, object.metadata.labels)
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue
      if (isMatch) claimed.push(object)
      else if (!isLeaving) actions.push(release(owner, kind, object))
    } else if (isMatch && !isLeaving && !object.metadata.deletionTimestamp) {
      claimed.push(object)
      actions.push(adopt(owner, kind, object))
    }
  }
  return { claimed, actions }
}

/** The uid in both patches makes sure that they meet the object that was seen. */
function adopt(owner: KubeObject, kind: Kind, object: KubeObject): Write {
  return patch(kind, object, [controllerReference(owner)])
}

function release(owner: KubeObject, kind: Kind, object: KubeObject): Write {
  return patch(kind, object, [{ $patch: 'delete', uid: owner.metadata.uid }])
}

function patch(kind: Kind, object: KubeObject, ownerReferences: readonly unknown[]): Write {
  return {
    verb: 'patch',
    kind,
    key: keyOf(object),
    type: 'strategic',
    patch: { metadata: { uid: object.metadata.uid, ownerReferences } },
    ignore: ['NotFound'],
  } as Write
}
