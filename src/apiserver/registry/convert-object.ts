// An object of one served version of its kind in another.

import { asDraft, type Draft } from '../../api/draft.ts'
import { type ApiObject, settled } from './api-object.ts'
import type { Resource } from './resource.ts'

export async function convertObject(
  object: Draft | ApiObject,
  from: Resource,
  to: Resource,
): Promise<object> {
  if (from === to) return object
  const own = settled(asDraft(object))
  const kept = from.storage.convert
    ? await from.storage.convert(own, to.apiVersion)
    : (from.storage.conversion?.toStored(own) ?? own)
  const served = to.storage.conversion?.fromStored(kept) ?? kept
  return { ...served, apiVersion: to.apiVersion, kind: to.entry.kind }
}
