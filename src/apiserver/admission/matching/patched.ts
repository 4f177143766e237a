// The object of a request with a patch applied, in the form and with the defaults of its kind. What a
// subresource takes in place of the object (a Scale, a Binding) is patched as what it is.

import { asDraft, type Draft } from '../../../api/draft.ts'
import { patchObject } from '../../../api/patch/patch.ts'
import { textAt } from '../../registry/api-object.ts'
import { badRequest } from '../../registry/errors.ts'
import type { Patch, Resource } from '../../registry/resource.ts'
import type { AdmissionRequest } from '../admission.ts'

export function isOwnKind({ resource, object }: AdmissionRequest): boolean {
  return object === undefined || textAt(object, 'kind') === resource.entry.kind
}

/** `object` as `shown` serves it. Defaults are for the caller to add, in the version it keeps. */
export function patchedObject(request: AdmissionRequest, object: Draft, of: Shown): Draft {
  const { shown, patch } = of
  if (isOwnKind(request)) return asDraft(shown.codec.patch(object, patch).object)
  const { resource, subresource } = request
  const kind = textAt(object, 'kind') ?? ''
  const def = resource.entry.subresources?.[subresource]?.def
  if (!def) throw badRequest(`an object of kind ${kind} cannot be patched`)
  const [first = '', second] = (textAt(object, 'apiVersion') ?? '').split('/')
  const target = { group: second ? first : '', version: second ?? first, kind, def }
  const { type, body: bytes, fieldValidation } = patch
  return patchObject(target, object, { kind: type, bytes, fieldValidation }).object
}

interface Shown {
  readonly shown: Resource
  readonly patch: Patch
}

export function applyKindDefaults(request: AdmissionRequest, draft: Draft): void {
  if (!isOwnKind(request)) return
  const { resource, subresource } = request
  const rules = subresource ? resource.strategy.subresource(subresource) : undefined
  ;(rules ?? resource.strategy).applyDefaults(draft)
}
