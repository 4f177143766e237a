// PATCH bodies applied to objects: media type and bytes -> the patched object in its kind's form.
// All failures are StatusErrors in upstream's words.

import { ConformError } from '../conform-error.ts'
import { conformTo, type Decoded, type DecodeTarget, type FieldValidation } from '../decode.ts'
import { copyOf, type Draft, isDraft } from '../draft.ts'
import {
  hasRepeatedKeys,
  jsonSyntaxProblem,
  membersOf,
  parseJson,
  placeText,
} from '../json-text.ts'
import { badPatch, goText, invalidPatch, patchTooLarge, unfitPatch } from './errors.ts'
import {
  applyJsonPatch,
  JsonPatchError,
  JsonPatchSyntaxError,
  JsonPatchTooLarge,
  readJsonPatch,
} from './json.ts'
import { applyMergePatch } from './merge.ts'
import { applyStrategicPatch } from './strategic.ts'

export type PatchKind = 'json' | 'merge' | 'strategic'

export interface PatchBody {
  readonly kind: PatchKind
  readonly bytes: Uint8Array
  readonly fieldValidation: FieldValidation
}

const decoder = new TextDecoder()

/** `object` stays as it is. Strategic patches need `target.def`. */
export function patchObject(target: DecodeTarget, object: Draft, patch: PatchBody): Decoded {
  const text = decoder.decode(patch.bytes)
  const value = parsePatch(text)
  const patched = patchedBy(patch.kind, { value, object, def: target.def })
  const problems = patch.fieldValidation === 'Ignore' ? [] : problemsOf(patch.kind, text, value)
  // As upstream prints it: the patch, or the whole object before anything unknown went.
  const shown = () =>
    patch.kind === 'strategic'
      ? goText(value)
      : JSON.stringify(patchedBy(patch.kind, { value, object, def: target.def }))
  problems.push(...conformPatched(target, patched, shown))
  if (patch.fieldValidation === 'Strict' && problems.length > 0) {
    throw invalidPatch(shown(), `strict decoding error: ${problems.join(', ')}`)
  }
  return { object: patched, warnings: patch.fieldValidation === 'Warn' ? problems : [] }
}

function parsePatch(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw badPatch(`error decoding patch: ${jsonSyntaxProblem(text)}`)
  }
}

interface Application {
  readonly value: unknown
  readonly object: Draft
  readonly def: string | undefined
}

function patchedBy(kind: PatchKind, { value, object, def }: Application): Draft {
  if (kind === 'json') return jsonPatched(object, value)
  if (!isDraft(value)) {
    const found = Array.isArray(value) ? 'array' : typeof value
    throw badPatch(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    )
  }
  if (kind === 'merge') return copyOf(applyMergePatch(object, value))
  if (def === undefined) throw unfitPatch()
  return applyStrategicPatch(object, value, def)
}

function jsonPatched(object: Draft, value: unknown): Draft {
  try {
    return applyJsonPatch(object, readJsonPatch(value))
  } catch (error) {
    if (error instanceof JsonPatchSyntaxError) throw badPatch(error.message)
    if (error instanceof JsonPatchTooLarge) throw patchTooLarge(error.message)
    if (error instanceof JsonPatchError) throw unfitPatch()
    throw error
  }
}

/** Repeated keys of the patch, and members of JSON patch operations that mean nothing. */
function problemsOf(kind: PatchKind, text: string, value: unknown): string[] {
  const unknown = kind === 'json' ? unknownMembers(value) : []
  if (!hasRepeatedKeys(text, value)) return unknown
  const repeated = membersOf(text)
    .filter(({ isRepeated }) => isRepeated)
    .map(({ path, key }) => `duplicate field "${placeText([...path, key])}"`)
  const prefix = kind === 'json' ? 'json patch ' : ''
  return [...new Set(repeated.map((problem) => prefix + problem)), ...unknown]
}

const operationMembers = ['op', 'path', 'from', 'value']

function unknownMembers(value: unknown): string[] {
  return (Array.isArray(value) ? value : []).flatMap((operation: unknown, index) =>
    Object.keys(isDraft(operation) ? operation : {})
      .filter((key) => !operationMembers.includes(key))
      .map((key) => `json patch unknown field "[${index}].${key}"`),
  )
}

function conformPatched(target: DecodeTarget, patched: Draft, shown: () => string): string[] {
  try {
    return conformTo(target, patched).map((path) => `unknown field "${path}"`)
  } catch (error) {
    if (error instanceof ConformError) throw invalidPatch(shown(), error.message)
    throw error
  }
}
