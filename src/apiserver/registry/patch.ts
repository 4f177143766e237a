// PATCH: JSON patch, merge patch, strategic merge patch and server-side apply. Each is a change
// of the stored object, applied anew when another writer came first.

import { asDraft, copyOf, type Draft } from '../../api/draft.ts'
import type { ServerAnswer } from '../request.ts'
import { addWarnings } from '../shown-warnings.ts'
import type { Call } from './answers.ts'
import { unsupportedMediaType } from './errors.ts'
import { textHeader } from './negotiate.ts'
import { writeOptions } from './options.ts'
import type { PatchType } from './resource.ts'
import { type Change, changeObject } from './update.ts'
import {
  decodeConfiguration,
  managerOf,
  matchName,
  matchNamespace,
  strategyFor,
  type Write,
  type WriteContext,
  writtenAnswer,
} from './write.ts'

const patchTypes: Readonly<Record<string, PatchType | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

export async function patch(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const type = patchType(context, call)
  const write = {
    call,
    options: writeOptions(call.request.query, 'PatchOptions', type === 'apply' ? 'apply' : 'other'),
  }
  const change = type === 'apply' ? await applied(context, write) : await patched(write, type)
  const outcome = await changeObject(context, write, change)
  return writtenAnswer(call, outcome.isCreated ? 201 : 200, outcome)
}

/** Throws UnsupportedMediaType; without field management nobody can apply. */
export function patchType(context: WriteContext, { request, resource }: Call) {
  const accepted = Object.keys(patchTypes).filter((name) => {
    const type = patchTypes[name]
    if (type === 'apply') return context.fields !== undefined
    return type !== undefined && resource.codec.patchTypes.includes(type)
  })
  const sent = textHeader(request, 'content-type').split(';')[0]?.trim() ?? ''
  const type = accepted.includes(sent) ? patchTypes[sent] : undefined
  if (!type) throw unsupportedMediaType(accepted)
  return type
}

async function patched({ call, options }: Write, type: PatchType): Promise<Change> {
  const { request, resource } = call
  const { fieldValidation } = options
  const body = await request.body()
  return {
    mayCreate: false,
    draftOf(old): Draft {
      const current = asDraft(old ?? {})
      const { object, warnings } = resource.codec.patch(current, { type, body, fieldValidation })
      addWarnings(request, warnings)
      strategyFor(call).applyDefaults(object)
      matchNamespace(call, object)
      matchName(call, object)
      return object
    },
  }
}

async function applied(context: WriteContext, write: Write): Promise<Change> {
  const { call, options } = write
  const configuration = await decodeConfiguration(write)
  const by = { ...managerOf(write), force: options.force ?? false }
  return {
    mayCreate: call.subresource === '',
    settlesManagedFields: true,
    draftOf(old): Draft {
      const merged = context.fields?.apply(old, copyOf(configuration), by) ?? {}
      strategyFor(call).applyDefaults(merged)
      matchNamespace(call, merged)
      matchName(call, merged)
      return merged
    },
  }
}
