// PUT, and every other change of one object: read, change, check, write if nobody else did
// meanwhile, else read again. A change that names a resourceVersion fails with Conflict instead.

import { asDraft, childOf, type Draft, isSameMeaning } from '../../api/draft.ts'
import type { Entry } from '../../store/store.ts'
import type { ServerAnswer } from '../request.ts'
import type { Call } from './answers.ts'
import { type ApiObject, settled } from './api-object.ts'
import { createObject } from './create.ts'
import {
  conflict,
  modifiedMessage,
  notFound,
  preconditionFailed,
  versionRequired,
} from './errors.ts'
import { writeOptions } from './options.ts'
import { dropRepeatedOwners } from './owner-references.ts'
import { keyOf } from './resource.ts'
import {
  admissionRequest,
  assertValid,
  decodeRequest,
  managerOf,
  matchName,
  matchNamespace,
  objectOf,
  purposeOf,
  storedBytes,
  strategyFor,
  type Write,
  type WriteContext,
  type WriteOutcome,
  type Written,
  warn,
  writtenAnswer,
  writtenObject,
} from './write.ts'

/** Writers of one object that may come first, again and again, before giving up. */
const mostTries = 1000

/** How an object is to change; called anew with what is stored whenever another writer won. */
export interface Change {
  /** The new state; `old` is absent when there is none and it may be created. */
  readonly draftOf: (old: ApiObject | undefined) => Draft | Promise<Draft>
  readonly mayCreate: boolean
  /** managedFields are settled by the change itself: server-side apply, scale. */
  readonly settlesManagedFields?: boolean
  /** Made by the server itself, by rules of its own: binding, scale. Strategies don't restrict it. */
  readonly isDirect?: boolean
  /** Fails with Conflict for an object of another uid. */
  readonly uid?: string
}

export async function update(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const write = { call, options: writeOptions(call.request.query, 'UpdateOptions') }
  const sent = await decodeRequest(write)
  matchNamespace(call, sent)
  matchName(call, sent)
  dropRepeatedOwners(sent, call.request.warnings)
  const { uid } = childOf(sent, 'metadata')
  let fresh: Draft | undefined = sent
  const outcome = await changeObject(context, write, {
    async draftOf() {
      const draft = fresh ?? (await decodeAgain(write))
      fresh = undefined
      return draft
    },
    mayCreate: call.resource.strategy.allowsCreateOnUpdate && call.subresource === '',
    ...(typeof uid === 'string' && uid && { uid }),
  })
  return writtenAnswer(call, outcome.isCreated ? 201 : 200, outcome)
}

/** A draft is changed on its way; another try starts from the body again. */
async function decodeAgain(write: Write): Promise<Draft> {
  const draft = await decodeRequest(write)
  matchNamespace(write.call, draft)
  return draft
}

export type Outcome = Written & { readonly isCreated: boolean }

export async function changeObject(
  context: WriteContext,
  write: Write,
  change: Change,
): Promise<Outcome> {
  const { resource, namespace, name } = write.call
  const key = keyOf(resource, namespace, name)
  for (let tries = 0; tries < mostTries; tries++) {
    const entry = await context.store.get(key)
    if (!entry) return create(context, write, change)
    const written = await replace(context, write, change, entry)
    if (written) return { ...written, isCreated: false }
  }
  throw conflict(resource.entry, name, modifiedMessage)
}

async function create(
  context: WriteContext,
  write: Write,
  { mayCreate, draftOf, uid, settlesManagedFields }: Change,
): Promise<Outcome> {
  const { call } = write
  if (!mayCreate) throw notFound(call.resource.entry, call.name)
  if (uid) {
    const key = keyOf(call.resource, call.namespace, call.name)
    const what = `UID in precondition: ${uid}, UID in object meta: `
    throw preconditionFailed(call.resource.entry, { name: call.name, key }, what)
  }
  await context.authorizeCreate(call)
  const draft = await draftOf(undefined)
  delete childOf(draft, 'metadata')['resourceVersion']
  return {
    ...(await createObject(context, write, draft, { settlesManagedFields })),
    isCreated: true,
  }
}

/** Undefined when another writer came first. */
async function replace(
  context: WriteContext,
  write: Write,
  change: Change,
  entry: Entry,
): Promise<Written | undefined> {
  const { resource, request } = write.call
  const strategy = strategyFor(write.call)
  const old = objectOf(resource, entry)
  assertUid(write, entry.key, old, change.uid)
  const draft = await change.draftOf(old)
  if (!change.settlesManagedFields) recordFields(context, write, draft, old)
  await context.admission.mutate(admissionRequest(write, 'UPDATE', { object: draft, old }))
  dropRepeatedOwners(draft, request.warnings)
  assertVersion(write, draft, entry)
  const settle = await context.hooks(resource).beginUpdate?.(draft, old, purposeOf(write))
  let outcome: WriteOutcome = 'refused'
  try {
    if (!change.isDirect) {
      keepSystemFields(draft, old)
      strategy.prepareForUpdate(draft, asDraft(old))
      assertValid(write.call, strategy.validateUpdate(draft, asDraft(old)))
      warn(write, draft, asDraft(old))
    }
    await context.admission.validate(admissionRequest(write, 'UPDATE', { object: draft, old }))
    outcome = 'unknown'
    const written = await writeReplaced(context, write, { draft, old, entry })
    outcome = written?.stored ? 'written' : 'refused'
    return written
  } finally {
    await settle?.(outcome)
  }
}

interface Replacement {
  readonly draft: Draft
  readonly old: ApiObject
  readonly entry: Entry
}

async function writeReplaced(
  context: WriteContext,
  write: Write,
  { draft, old, entry }: Replacement,
): Promise<Written | undefined> {
  const { resource } = write.call
  const object = settled(draft)
  if (isToBeDeleted(object, old) && resource.deletion.mayDeleteOnUpdate(object)) {
    return deleteFinalized(context, write, { object, entry })
  }
  // What changes nothing is not written, so that nobody is told of it. Their versions are the same.
  if (isSameMeaning(object, old) && !context.isStale(entry.value)) return { stored: entry }
  if (write.options.isDryRun) {
    return { object: writtenObject(object, entry.revision) }
  }
  const value = storedBytes(resource, object)
  const result = await context.store.put(entry.key, value, entry.revision)
  if (!result.ok) return undefined
  return { stored: { value, revision: result.revision } }
}

/** The last finalizer of an object that is being deleted was taken away. */
function isToBeDeleted(object: ApiObject, old: ApiObject): boolean {
  if (object.metadata.finalizers?.length) return false
  return Boolean(old.metadata.deletionTimestamp) && !old.metadata.deletionGracePeriodSeconds
}

async function deleteFinalized(
  context: WriteContext,
  write: Write,
  { object, entry }: { readonly object: ApiObject; readonly entry: Entry },
): Promise<Written | undefined> {
  if (write.options.isDryRun) return { object: writtenObject(object, entry.revision) }
  const { resource } = write.call
  const value = storedBytes(resource, object)
  const result = await context.store.delete(entry.key, entry.revision)
  if (!result.ok && result.current) return undefined
  await context.hooks(resource).afterDelete?.(object)
  return { stored: { value, revision: entry.revision } }
}

function recordFields(context: WriteContext, write: Write, draft: Draft, old: ApiObject): void {
  if (context.fields) context.fields.record(draft, old, managerOf(write))
  else delete childOf(draft, 'metadata')['managedFields']
}

function assertUid(write: Write, key: string, old: ApiObject, uid: string | undefined): void {
  if (uid === undefined || uid === old.metadata.uid) return
  const { resource, name } = write.call
  const what = `UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
  throw preconditionFailed(resource.entry, { name, key }, what)
}

/** A write that names no version is about the latest one, where its kind allows that. */
function assertVersion(write: Write, draft: Draft, entry: Entry): void {
  const { resource, name } = write.call
  const { entry: kind, strategy } = resource
  const { resourceVersion } = childOf(draft, 'metadata')
  if (!resourceVersion || resourceVersion === '0') {
    if (strategy.allowsUnconditionalUpdate) {
      childOf(draft, 'metadata')['resourceVersion'] = String(entry.revision)
      return
    }
    throw versionRequired(kind, name)
  }
  if (resourceVersion !== String(entry.revision)) throw conflict(kind, name, modifiedMessage)
}

/** What an update can neither set nor take away. */
function keepSystemFields(draft: Draft, old: ApiObject): void {
  const metadata = childOf(draft, 'metadata')
  const { generation, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } =
    old.metadata
  set(metadata, 'generation', generation)
  metadata['uid'] ||= uid
  set(metadata, 'creationTimestamp', creationTimestamp)
  if (deletionTimestamp) metadata['deletionTimestamp'] = deletionTimestamp
  if (deletionGracePeriodSeconds !== undefined) {
    metadata['deletionGracePeriodSeconds'] ??= deletionGracePeriodSeconds
  }
}

function set(draft: Draft, key: string, value: string | number | undefined): void {
  if (value === undefined) delete draft[key]
  else draft[key] = value
}
