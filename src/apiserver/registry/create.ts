// POST: a new object. Order as upstream: decode and default, mutating admission, then for each
// name tried: allocate, prepare, validate, validating admission, write if the key is free.

import { childOf, copyOf, type Draft } from '../../api/draft.ts'
import { isReason, StatusError } from '../../api/status-error.ts'
import { nameSuffix } from '../../lib/random.ts'
import type { ServerAnswer } from '../request.ts'
import type { Call } from './answers.ts'
import { settled } from './api-object.ts'
import { alreadyExists, badRequest, generatedNameConflict } from './errors.ts'
import { writeOptions } from './options.ts'
import { dropRepeatedOwners } from './owner-references.ts'
import { keyOf } from './resource.ts'
import {
  admissionRequest,
  assertValid,
  decodeRequest,
  managerOf,
  matchNamespace,
  objectOf,
  purposeOf,
  storedBytes,
  timeText,
  type Write,
  type WriteContext,
  type WriteOutcome,
  type Written,
  warn,
  writtenAnswer,
  writtenObject,
} from './write.ts'

const nameTries = 8
/** A generated name: this much of generateName and 5 characters. */
const baseLength = 58

export async function create(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const write = { call, options: writeOptions(call.request.query, 'CreateOptions') }
  const draft = await decodeRequest(write)
  return writtenAnswer(call, 201, await createObject(context, write, draft))
}

export async function createObject(
  context: WriteContext,
  write: Write,
  draft: Draft,
  { settlesManagedFields = false }: { readonly settlesManagedFields?: boolean | undefined } = {},
): Promise<Written> {
  clearSystemFields(draft)
  matchNamespace(write.call, draft)
  dropRepeatedOwners(draft, write.call.request.warnings)
  if (!settlesManagedFields) context.fields?.record(draft, undefined, managerOf(write))
  const named = namedCall(write, draft)
  await context.admission.mutate(admissionRequest(named, 'CREATE', { object: draft }))
  const { name, generateName } = childOf(draft, 'metadata')
  if (name || typeof generateName !== 'string' || !generateName) {
    return insert(context, named, draft)
  }
  return insertWithNewName(context, write, draft, generateName)
}

function namedCall({ call, options }: Write, draft: Draft): Write {
  const { name } = childOf(draft, 'metadata')
  const text = typeof name === 'string' ? name : ''
  const namespace =
    call.resource.entry.plural === 'namespaces' && call.resource.entry.group === ''
      ? text
      : call.namespace
  return { options, call: { ...call, name: text, namespace } }
}

async function insertWithNewName(
  context: WriteContext,
  write: Write,
  draft: Draft,
  base: string,
): Promise<Written> {
  let name = ''
  for (let tries = 0; tries < nameTries; tries++) {
    const attempt = copyOf(draft)
    name = base.slice(0, baseLength) + nameSuffix(context.random)
    childOf(attempt, 'metadata')['name'] = name
    try {
      return await insert(context, namedCall(write, attempt), attempt)
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error
    }
  }
  throw generatedNameConflict(write.call.resource.entry, name)
}

/** From the moment the name is known: everything up to the write. */
async function insert(context: WriteContext, write: Write, draft: Draft): Promise<Written> {
  const { resource, namespace, name } = write.call
  const { store, random, clock, admission } = context
  const metadata = childOf(draft, 'metadata')
  metadata['uid'] = random.uuid()
  metadata['creationTimestamp'] = timeText(clock.now())
  const settle = await context.hooks(resource).beginCreate?.(draft, purposeOf(write))
  let outcome: WriteOutcome = 'refused'
  try {
    resource.strategy.prepareForCreate(draft)
    assertValid(write.call, resource.strategy.validateCreate(draft))
    warn(write, draft, undefined)
    await admission.validate(admissionRequest(write, 'CREATE', { object: draft }))
    const object = settled(draft)
    const value = storedBytes(resource, object)
    const key = keyOf(resource, namespace, name)
    if (write.options.isDryRun) {
      if (await store.get(key)) throw alreadyExists(resource.entry, name)
      return { object: writtenObject(object, undefined) }
    }
    outcome = 'unknown'
    const result = await store.put(key, value, 0)
    outcome = result.ok ? 'written' : 'refused'
    if (!result.ok) throw existing(write, result.current)
    return { stored: { value, revision: result.revision } }
  } finally {
    await settle?.(outcome)
  }
}

function existing({ call }: Write, current: { value: Uint8Array; revision: number } | undefined) {
  const { resource, name } = call
  const error = alreadyExists(resource.entry, name)
  if (!current || !objectOf(resource, current).metadata.deletionTimestamp) return error
  return new StatusError(
    'AlreadyExists',
    `object is being deleted: ${error.message}`,
    error.details,
  )
}

/** What only the server sets. */
export function clearSystemFields(draft: Draft): void {
  const metadata = childOf(draft, 'metadata')
  if (metadata['resourceVersion']) {
    throw badRequest('resourceVersion should not be set on objects to be created')
  }
  delete metadata['creationTimestamp']
  delete metadata['uid']
  delete metadata['deletionTimestamp']
  delete metadata['deletionGracePeriodSeconds']
  delete metadata['selfLink']
}
