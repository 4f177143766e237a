// Who set the replicas, as the scale subresource sees it and as the object itself keeps it: in a
// Scale every owner of the object's replicas owns spec.replicas in autoscaling/v1. What happened to
// them there is brought back in the object's own version. Source of the rules: apimachinery's
// managedfields, ScaleHandler.

import type { Draft } from '../draft.ts'
import { difference, hasPlace, isEmptySet, setOfPlace } from './field-set.ts'
import { decodeOwners, encodeOwners, identityOf, type Manager, type Owned } from './managers.ts'

/**
 * By apiVersion, for every version of the object's kind: the steps to its replicas, such as f:spec,
 * f:replicas; none where a version has no scale.
 */
export type ReplicasPlaces = ReadonlyMap<string, readonly string[]>

const scaleVersion = 'autoscaling/v1'
const replicasOfScale = ['f:spec', 'f:replicas']

/** Writes into `scale` the managedFields that `object` gives it. */
export function lendOwners(scale: Draft, object: Draft, places: ReplicasPlaces): void {
  const lent = new Map<string, Owned>()
  for (const owned of decodeOwners(object)?.values() ?? []) {
    if (!ownsReplicas(owned, places)) continue
    const manager = inScale(owned.manager)
    const fields = setOfPlace(replicasOfScale)
    lent.set(identityOf(manager), { manager, fields, time: owned.time })
  }
  encodeOwners(scale, lent)
}

/** What became of the lent managedFields, written into `object`, which was read as `apiVersion`. */
export function returnOwners(
  object: Draft,
  scale: Draft,
  { places, apiVersion }: { readonly places: ReplicasPlaces; readonly apiVersion: string },
): void {
  const before = decodeOwners(object)
  const scaled = decodeOwners(scale)
  if (!before || !scaled) return
  const returned = new Map(
    [...scaled].filter(([, { fields }]) => hasPlace(fields, replicasOfScale)),
  )
  const after = new Map<string, Owned>()
  for (const [identity, owned] of before) {
    if (!places.has(owned.manager.apiVersion)) continue
    const kept =
      !ownsReplicas(owned, places) || returned.delete(identityOf(inScale(owned.manager)))
        ? owned
        : withoutReplicas(owned, places)
    if (kept) after.set(identity, kept)
  }
  const fields = setOfPlace(places.get(apiVersion) ?? [])
  for (const owned of returned.values()) {
    const manager = { ...owned.manager, apiVersion }
    // Upstream keeps no time of what was set through a Scale.
    after.set(identityOf(manager), { manager, fields, time: undefined })
  }
  encodeOwners(object, after)
}

function inScale(manager: Manager): Manager {
  return { ...manager, apiVersion: scaleVersion }
}

function ownsReplicas({ manager, fields }: Owned, places: ReplicasPlaces): boolean {
  const steps = places.get(manager.apiVersion)
  return steps !== undefined && steps.length > 0 && hasPlace(fields, steps)
}

/** Undefined when nothing is left. */
function withoutReplicas(owned: Owned, places: ReplicasPlaces): Owned | undefined {
  const steps = places.get(owned.manager.apiVersion) ?? []
  const fields = difference(owned.fields, setOfPlace(steps))
  return isEmptySet(fields) ? undefined : { ...owned, fields }
}
