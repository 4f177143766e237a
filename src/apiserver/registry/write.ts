// What creates, updates and deletes share: the parts they work with, admission, hooks, and the
// one place where an object becomes the bytes that are kept.

import type { DecodeTarget } from '../../api/decode.ts'
import { childOf, type Draft } from '../../api/draft.ts'
import { type FieldError, toInvalid } from '../../api/field-error.ts'
import type { WriteStrategy } from '../../api/strategies.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { Store } from '../../store/store.ts'
import type { Admission, AdmissionRequest, Operation } from '../admission/admission.ts'
import type { ServerAnswer, UserInfo } from '../request.ts'
import { addWarnings } from '../shown-warnings.ts'
import { type Call, objectAnswer, storedAnswer } from './answers.ts'
import { type ApiObject, withMetadata } from './api-object.ts'
import { badRequest } from './errors.ts'
import { bodyMediaType, type MediaType, textHeader } from './negotiate.ts'
import { decodeServed } from './object-form.ts'
import type { WriteOptions } from './options.ts'
import type { DecodeOptions, Resource } from './resource.ts'
import { encodeStored, type Revised } from './stored-bytes.ts'

export interface WriteContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly admission: Admission
  readonly hooks: (resource: Resource) => WriteHooks
  /** Absent: nothing keeps track of who set which field, and nobody can apply. */
  readonly fields: FieldManagement | undefined
  readonly authorizeCreate: CreateAuthorizer
  /** Any value that is no object of the resource: DeleteOptions, Scale, Eviction, Binding. */
  readonly readValue: (body: Uint8Array, mediaType: MediaType) => Draft
  /** The same value would be kept in another form now: writing it is not in vain. */
  readonly isStale: (value: Uint8Array) => boolean
}

/** `unknown`: the store gave no answer, so the write may have been done. */
export type WriteOutcome = 'written' | 'refused' | 'unknown'

/** Settles what was begun, or undoes it. Called once, never throws. */
export type Settle = (outcome: WriteOutcome) => Promise<void>

/** What a write is for, as far as its kind's hooks have to know. */
export interface WritePurpose {
  readonly isDryRun: boolean
  readonly subresource: string
}

/** Work of a kind outside of the object: addresses and ports that must not be given twice. */
export interface WriteHooks {
  /** May fill in the draft. Throws Invalid. */
  beginCreate?(draft: Draft, purpose: WritePurpose): Promise<Settle>
  beginUpdate?(draft: Draft, old: ApiObject, purpose: WritePurpose): Promise<Settle>
  /** Never throws: the object is gone. */
  afterDelete?(object: ApiObject): Promise<void>
}

export function purposeOf({ call, options }: Write): WritePurpose {
  return { isDryRun: options.isDryRun, subresource: call.subresource }
}

export const noHooks: WriteHooks = {}

/** Throws Forbidden unless the user may create the object that an update names. */
export type CreateAuthorizer = (call: Call) => Promise<void>

/** Who set which field: metadata.managedFields. */
export interface FieldManagement {
  /** Brings the draft's managedFields up to date after a plain write. */
  record(draft: Draft, old: ApiObject | undefined, by: FieldManager): void
  /** Server-side apply: the current object with the applied configuration merged in. */
  apply(current: ApiObject | undefined, configuration: Draft, by: ApplyManager): Draft
}

export interface FieldManager {
  readonly resource: Resource
  /** What is written, where it is not of the resource's kind: a Scale. */
  readonly target?: DecodeTarget
  readonly manager: string
  readonly subresource: string
  readonly now: Date
}

export interface ApplyManager extends FieldManager {
  readonly force: boolean
}

/** One write on its way: the call with its options. */
export interface Write {
  readonly call: Call
  readonly options: WriteOptions
}

/**
 * The bytes that were written, or the object of a dry run. Not both: while the disk is waited for,
 * a write should hold no more than its bytes.
 */
export type Written =
  | { readonly stored: Revised }
  | { readonly stored?: undefined; readonly object: ApiObject }

export function writtenAnswer(call: Call, status: number, written: Written) {
  return written.stored
    ? storedAnswer(call, status, written.stored)
    : objectAnswer(call, status, written.object)
}

export type WrittenAnswer = ServerAnswer

export function userOf({ request }: Call): UserInfo {
  return request.user ?? { name: 'system:anonymous', groups: ['system:unauthenticated'] }
}

export async function decodeRequest(write: Write): Promise<Draft> {
  const { call } = write
  const mediaType = bodyMediaType(call.request, call.resource.codec)
  const object = await decoded(write, { mediaType, isPartial: false })
  strategyFor(call).applyDefaults(object)
  return object
}

/** What is applied is YAML (so JSON too), without defaults: only what the manager wants to own. */
export function decodeConfiguration(write: Write): Promise<Draft> {
  return decoded(write, { mediaType: 'application/yaml', isPartial: true })
}

async function decoded(
  { call: { request, resource }, options: { fieldValidation } }: Write,
  form: Pick<DecodeOptions, 'mediaType' | 'isPartial'>,
): Promise<Draft> {
  const body = await request.body()
  const { object, warnings } = resource.codec.decode(body, { ...form, fieldValidation })
  addWarnings(request, warnings)
  return object
}

/** The rules of the endpoint: of the subresource where it has its own. */
export function strategyFor({ resource, subresource }: Call): WriteStrategy {
  const { strategy } = resource
  return subresource === '' ? strategy : (strategy.subresource(subresource) ?? strategy)
}

export function admissionRequest(
  write: Write,
  operation: Operation,
  about: {
    readonly object?: Draft
    readonly old?: ApiObject
    /** Instead of those that all writes have. */
    readonly options?: object
  },
): AdmissionRequest {
  const { call, options } = write
  const { resource, subresource, namespace, name, request } = call
  const { audit } = request
  return {
    ...(audit && { annotate: (key, value) => audit.annotate(key, value) }),
    operation,
    verb: request.info.verb,
    resource,
    subresource,
    namespace,
    name,
    object: about.object,
    old: about.old,
    user: userOf(call),
    isDryRun: options.isDryRun,
    options: about.options ?? shownOptions(write),
    warnings: request.warnings,
  }
}

/** As they were sent. */
function shownOptions({ call, options: { fieldManager } }: Write): object {
  const fieldValidation = call.request.query.get('fieldValidation')
  return { ...(fieldManager && { fieldManager }), ...(fieldValidation && { fieldValidation }) }
}

export function assertValid({ resource, name }: Call, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw toInvalid(resource.entry, name, errors)
}

/** What the kind has to say of a write that is valid goes to the client. */
export function warn({ call }: Write, next: Draft, previous: Draft | undefined): void {
  const warnings = strategyFor(call).warnings?.(next, previous)
  if (warnings) addWarnings(call.request, warnings)
}

/** Upstream's rule: a namespace in the object must be that of the path, and is filled in from it. */
export function matchNamespace({ resource, namespace }: Call, draft: Draft): void {
  const metadata = childOf(draft, 'metadata')
  if (!resource.entry.namespaced) delete metadata['namespace']
  else if (!metadata['namespace']) metadata['namespace'] = namespace
  else if (metadata['namespace'] !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
}

export function matchName({ name }: Call, draft: Draft): void {
  const named = childOf(draft, 'metadata')['name']
  if (!named) {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    )
  }
  if (named !== name) {
    throw badRequest(
      `the name of the object (${named}) does not match the name on the URL (${name})`,
    )
  }
}

/** Who writes, for managedFields: as named, else the client's program. */
export function managerOf({ call, options }: Write): FieldManager {
  const agent = textHeader(call.request, 'user-agent').split('/')[0] ?? ''
  return {
    resource: call.resource,
    manager: options.fieldManager || agent.slice(0, 128) || 'unknown',
    subresource: call.subresource,
    now: call.clock.now(),
  }
}

/** The bytes under which `object` is kept. */
export function storedBytes({ storage }: Resource, object: ApiObject): Buffer {
  return encodeStored(storage.layout, storage.conversion?.toStored(object) ?? object)
}

/** An object just read or written, in the resource's version. */
export function objectOf(resource: Resource, stored: Revised): ApiObject {
  return decodeServed(resource, stored)
}

/** What an object written at `revision` looks like to a client. */
export function writtenObject(object: ApiObject, revision: number | undefined): ApiObject {
  const resourceVersion = revision === undefined ? undefined : String(revision)
  return withMetadata(object, { resourceVersion })
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function timeText(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
