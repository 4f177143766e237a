// The objects of a request in the version that a rule is about, which may be another one of the same
// objects.

import { asDraft, type Draft } from '../../../api/draft.ts'
import type { ApiObject } from '../../registry/api-object.ts'
import { convertObject } from '../../registry/convert-object.ts'
import type { Resource } from '../../registry/resource.ts'
import type { AdmissionRequest } from '../admission.ts'
import { isOwnKind } from './patched.ts'

export interface Seen {
  readonly shown: Resource
  readonly object: Draft | undefined
  readonly old: object | undefined
}

export async function seenAs(request: AdmissionRequest, shown: Resource): Promise<Seen> {
  const { resource, object, old } = request
  if (shown === resource) return { shown, object, old }
  const convert = async (one: Draft | ApiObject | undefined) =>
    one && asDraft(await inVersion(request, one, { from: resource, to: shown }))
  return { shown, object: await convert(object), old: await convert(old) }
}

/** What a subresource takes in place of the object has one version only. */
export async function inVersion(
  request: AdmissionRequest,
  object: Draft | ApiObject,
  { from, to }: { readonly from: Resource; readonly to: Resource },
): Promise<object> {
  return isOwnKind(request) ? convertObject(object, from, to) : object
}
