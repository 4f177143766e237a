// A patch's bytes applied to a document, with upstream's answers for patches that do not fit.

import { type Draft, isDraft } from '../../api/draft.ts'
import {
  applyJsonPatch,
  JsonPatchError,
  JsonPatchSyntaxError,
  readJsonPatch,
} from '../../api/patch/json.ts'
import { applyMergePatch } from '../../api/patch/merge.ts'
import { StatusError } from '../../api/status-error.ts'
import { badRequest, unsupportedMediaType } from './errors.ts'
import type { Patch } from './resource.ts'
import { textOf } from './stored-bytes.ts'

export function applyPatch(
  _target: { readonly def?: string },
  current: Draft,
  patch: Patch,
): Draft {
  const value = parse(patch)
  switch (patch.type) {
    case 'json':
      return withJsonPatch(current, value)
    case 'merge':
      return applyMergePatch(current, objectPatch(value))
    case 'strategic':
      throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json'])
  }
}

function parse({ body }: Patch): unknown {
  try {
    return JSON.parse(textOf(body))
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : error}`)
  }
}

function objectPatch(value: unknown): Draft {
  if (isDraft(value)) return value
  const found = Array.isArray(value) ? 'array' : typeof value
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
  )
}

function withJsonPatch(current: Draft, value: unknown): Draft {
  try {
    return applyJsonPatch(current, readJsonPatch(value))
  } catch (error) {
    if (error instanceof JsonPatchSyntaxError) throw badRequest(error.message)
    if (!(error instanceof JsonPatchError)) throw error
    // Upstream does not pass on why the patch does not apply.
    throw new StatusError(
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    )
  }
}
