// DELETE of one object or of a collection. In: options, the object as it is. The plan decides;
// here it is read, checked, written, and tried again when another writer came first.

import { conformObject } from '../../api/decode.ts'
import { isSame } from '../../api/draft.ts'
import { isReason } from '../../api/status-error.ts'
import type { Entry } from '../../store/store.ts'
import type { ServerAnswer } from '../request.ts'
import { type Call, listAnswer, objectAnswer, storedAnswer, valueAnswer } from './answers.ts'
import type { ApiObject } from './api-object.ts'
import { type DeleteOptions, deleteOptions } from './delete-options.ts'
import { planDeletion } from './deletion-plan.ts'
import { badRequest, conflict, modifiedMessage, notFound } from './errors.ts'
import { listed } from './list.ts'
import { bodyMediaType } from './negotiate.ts'
import { listOptions } from './options.ts'
import { keyOf } from './resource.ts'
import type { Revised } from './stored-bytes.ts'
import {
  admissionRequest,
  objectOf,
  storedBytes,
  type Write,
  type WriteContext,
  writtenObject,
} from './write.ts'

const mostTries = 1000
/** Objects of a collection that are deleted at once, so that they share their disk writes. */
const deletedAtOnce = 64

export async function remove(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const options = await readOptions(context, call)
  const outcome = await deleteObject(context, call, options)
  return outcomeAnswer(call, options, outcome)
}

export async function removeCollection(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const options = await readOptions(context, call)
  const { entries, metadata } = await listed(context.store, call, listOptions(call.request.query))
  for (let start = 0; start < entries.length; start += deletedAtOnce) {
    const batch = entries.slice(start, start + deletedAtOnce)
    await Promise.all(batch.map((entry) => deleteOne(context, call, options, entry)))
  }
  return listAnswer(call, metadata, entries)
}

async function deleteOne(
  context: WriteContext,
  call: Call,
  options: DeleteOptions,
  entry: Entry,
): Promise<void> {
  const { name, namespace = '' } = objectOf(call.resource, entry).metadata
  try {
    await deleteObject(context, { ...call, name, namespace }, options)
  } catch (error) {
    // Somebody else deleted it meanwhile: what was asked for is done.
    if (!isReason(error, 'NotFound')) throw error
  }
}

export type DeleteOutcome =
  | { readonly act: 'removed'; readonly last: ApiObject }
  | { readonly act: 'kept'; readonly stored: Revised }
  | { readonly act: 'dry'; readonly object: ApiObject }

export async function deleteObject(
  context: WriteContext,
  call: Call,
  options: DeleteOptions,
): Promise<DeleteOutcome> {
  const { resource, namespace, name } = call
  const key = keyOf(resource, namespace, name)
  for (let tries = 0; tries < mostTries; tries++) {
    const entry = await context.store.get(key)
    if (!entry) throw notFound(resource.entry, name)
    const outcome = await tryDelete(context, call, options, entry)
    if (outcome) return outcome
  }
  throw conflict(resource.entry, name, modifiedMessage)
}

/** Undefined when another writer came first. */
async function tryDelete(
  context: WriteContext,
  call: Call,
  options: DeleteOptions,
  entry: Entry,
): Promise<DeleteOutcome | undefined> {
  const { resource } = call
  const old = objectOf(resource, entry)
  assertPreconditions(call, old, options)
  await admit(context, call, options, old)
  const now = context.clock.now()
  const isFirst = old.metadata.deletionTimestamp === undefined
  const ending = (isFirst && resource.deletion.beforeDeletion?.(old, now)) || old
  const plan = planDeletion(ending, resource.deletion, options, now)
  if (plan.act === 'none') return { act: 'kept', stored: entry }
  if (plan.act === 'remove') {
    if (options.isDryRun) return { act: 'removed', last: plan.last }
    const result = await context.store.delete(entry.key, entry.revision)
    if (!result.ok) return undefined
    await context.hooks(resource).afterDelete?.(old)
    return { act: 'removed', last: writtenObject(plan.last, result.revision) }
  }
  if (isSame(plan.object, old)) return { act: 'kept', stored: entry }
  if (options.isDryRun) return { act: 'dry', object: plan.object }
  const value = storedBytes(resource, plan.object)
  const result = await context.store.put(entry.key, value, entry.revision)
  return result.ok ? { act: 'kept', stored: { value, revision: result.revision } } : undefined
}

async function admit(
  { admission }: WriteContext,
  call: Call,
  deletion: DeleteOptions,
  old: ApiObject,
): Promise<void> {
  const { isDryRun } = deletion
  const write: Write = {
    call,
    options: { isDryRun, fieldManager: '', fieldValidation: 'Ignore', force: undefined },
  }
  const request = admissionRequest(write, 'DELETE', { old, options: shownOptions(deletion) })
  await admission.mutate(request)
  await admission.validate(request)
}

/** The options as a request writes them. */
function shownOptions(options: DeleteOptions): object {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, uid, resourceVersion } = options
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(Object.keys(preconditions).length > 0 && { preconditions }),
  }
}

/** Throws Conflict unless the object is the one that was meant. */
export function assertPreconditions(
  { resource, name }: Call,
  { metadata }: ApiObject,
  { uid, resourceVersion }: DeleteOptions,
): void {
  // Upstream names the kind here where it names the resource everywhere else.
  const kind = { group: resource.entry.group, plural: resource.entry.kind }
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ` +
        `ResourceVersion in record (${metadata.resourceVersion}). ` +
        'The object might have been modified',
    )
  }
}

function outcomeAnswer(call: Call, options: DeleteOptions, outcome: DeleteOutcome): ServerAnswer {
  const isLater = outcome.act !== 'removed' && options.orphanDependents === false
  const status = isLater ? 202 : 200
  if (outcome.act === 'kept') return storedAnswer(call, status, outcome.stored)
  if (outcome.act === 'dry') return objectAnswer(call, status, outcome.object)
  const { entry, deletion } = call.resource
  if (deletion.returnsObject) return objectAnswer(call, status, outcome.last)
  const { uid } = outcome.last.metadata
  return valueAnswer(call, status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: call.name,
      ...(entry.group && { group: entry.group }),
      kind: entry.plural,
      uid,
    },
  })
}

const target = {
  group: '',
  version: 'v1',
  kind: 'DeleteOptions',
  def: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
}

/** Clients send DeleteOptions under any group's name; the fields are the same. */
async function readOptions(context: WriteContext, call: Call): Promise<DeleteOptions> {
  const { request } = call
  const body = await request.body()
  if (body.length === 0) return deleteOptions(undefined, request.query)
  const sent = context.readValue(body, bodyMediaType(request, { hasProtobuf: true }))
  const { kind } = sent
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest('decoded object cannot be converted to DeleteOptions')
  }
  const { object } = conformObject(target, { ...sent, apiVersion: 'v1' })
  return deleteOptions(object, request.query)
}
