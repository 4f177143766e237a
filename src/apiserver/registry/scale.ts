// The scale subresource: replicas of a workload, seen and set as autoscaling/v1 Scale. Every change is
// one of the Scale first, with its managedFields lent by the object, and then of the object.

import { conformObject, type DecodeTarget, decodeBody } from '../../api/decode.ts'
import { asDraft, childOf, copyOf, type Draft, draftAs } from '../../api/draft.ts'
import { invalid, toInvalid } from '../../api/field-error.ts'
import { lendOwners, returnOwners } from '../../api/managed-fields/scale-owners.ts'
import { patchObject } from '../../api/patch/patch.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Scale } from '../../api/types.gen.ts'
import type { ServerAnswer } from '../request.ts'
import { addWarnings } from '../shown-warnings.ts'
import { admitObject, admittedAlready } from './admit.ts'
import { type Call, valueAnswer } from './answers.ts'
import { type ApiObject, settled, valueAt, withValueAt } from './api-object.ts'
import { badRequest, conflict, methodNotSupported, modifiedMessage, notFound } from './errors.ts'
import { bodyMediaType } from './negotiate.ts'
import { writeOptions } from './options.ts'
import { patchType } from './patch.ts'
import { keyOf, type PatchType, type ScalePaths } from './resource.ts'
import { pathsOf, scaleOf } from './scale-view.ts'
import { type Change, changeObject } from './update.ts'
import {
  type FieldManager,
  managerOf,
  matchName,
  matchNamespace,
  objectOf,
  type Write,
  type WriteContext,
} from './write.ts'

const target: DecodeTarget = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  def: 'io.k8s.api.autoscaling.v1.Scale',
}

export async function scale(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const { resource, namespace, name, request } = call
  const { verb } = request.info
  if (verb === 'get') {
    const entry = await context.store.get(keyOf(resource, namespace, name))
    if (!entry) throw notFound(resource.entry, name)
    const object = objectOf(resource, entry)
    assertReplicas(call, object)
    return valueAnswer(call, 200, scaleOf(call, object))
  }
  if (verb === 'update') {
    const write = { call, options: writeOptions(request.query, 'UpdateOptions') }
    return change(context, write, await replacement(context, write))
  }
  if (verb === 'patch') {
    const type = patchType(context, call)
    const use = type === 'apply' ? 'apply' : 'other'
    const write = { call, options: writeOptions(request.query, 'PatchOptions', use) }
    const rescale =
      type === 'apply' ? await applied(context, write) : await patched(context, write, type)
    return change(context, write, rescale)
  }
  throw methodNotSupported(resource.entry, verb)
}

/** Of a custom resource, which may have none yet. */
function assertReplicas({ resource }: Call, object: ApiObject): void {
  if (!resource.scale || hasReplicas(resource.scale, object)) return
  const message = `the spec replicas field ".${resource.scale.specReplicas}" does not exist`
  throw new StatusError('InternalError', `Internal error occurred: ${message}`)
}

function hasReplicas({ specReplicas }: ScalePaths, object: ApiObject): boolean {
  return typeof valueAt(object, ...specReplicas.split('.')) === 'number'
}

interface Rescale {
  /** The object whose scale it must be, where the client knows. */
  readonly uid?: string
  /** The Scale that is wanted, its managedFields up to date. */
  from(current: Draft): Draft
}

async function replacement(context: WriteContext, write: Write): Promise<Rescale> {
  const { call, options } = write
  const { request } = call
  const body = context.readValue(
    await request.body(),
    bodyMediaType(request, { hasProtobuf: true }),
  )
  const { object, warnings } = conformObject(target, body, options.fieldValidation)
  addWarnings(request, warnings)
  matchNamespace(call, object)
  matchName(call, object)
  const { uid } = draftAs<Scale>(object).metadata ?? {}
  return {
    ...(uid && { uid }),
    from: (current) => recorded(context, write, { wanted: copyOf(object), current }),
  }
}

async function patched(context: WriteContext, write: Write, kind: PatchType): Promise<Rescale> {
  const { call, options } = write
  const { fieldValidation } = options
  const bytes = await call.request.body()
  return {
    from(current) {
      const { object, warnings } = patchObject(target, current, { kind, bytes, fieldValidation })
      addWarnings(call.request, warnings)
      matchNamespace(call, object)
      matchName(call, object)
      return recorded(context, write, { wanted: copyOf(object), current })
    },
  }
}

async function applied(context: WriteContext, write: Write): Promise<Rescale> {
  const { call, options } = write
  const { object: configuration, warnings } = decodeBody(
    target,
    await call.request.body(),
    'application/yaml',
    { fieldValidation: options.fieldValidation, isPartial: true },
  )
  addWarnings(call.request, warnings)
  const by = { ...scalerOf(write), force: options.force ?? false }
  return {
    from(current) {
      const wanted = context.fields?.apply(settled(current), copyOf(configuration), by) ?? {}
      matchNamespace(call, wanted)
      matchName(call, wanted)
      return wanted
    },
  }
}

function recorded(
  context: WriteContext,
  write: Write,
  { wanted, current }: { readonly wanted: Draft; readonly current: Draft },
): Draft {
  context.fields?.record(wanted, settled(current), scalerOf(write))
  return wanted
}

function scalerOf(write: Write): FieldManager {
  return { ...managerOf(write), target }
}

async function change(context: WriteContext, write: Write, rescale: Rescale) {
  const { call } = write
  const outcome = await changeObject(
    admittedAlready(context),
    write,
    changeOf(context, write, rescale),
  )
  const object = outcome.stored ? objectOf(call.resource, outcome.stored) : outcome.object
  return valueAnswer(call, 200, scaleOf(call, object))
}

/** Admission sees the Scale, not the workload that it changes. */
function changeOf(context: WriteContext, write: Write, rescale: Rescale): Change {
  const { call } = write
  const { resource } = call
  const paths = pathsOf(call)
  return {
    mayCreate: false,
    settlesManagedFields: true,
    ...(rescale.uid && { uid: rescale.uid }),
    async draftOf(old) {
      if (!old) throw notFound(resource.entry, call.name)
      const current = liveScale(call, old)
      const wanted = rescale.from(current)
      const typed = { kind: target.kind, apiVersion: 'autoscaling/v1' }
      Object.assign(wanted, { ...typed, ...wanted })
      const about = { object: wanted, old: scaleOf(call, old) }
      await admitObject(context, write, { operation: 'UPDATE', ...about })
      assertScale(call, wanted, old)
      const replicas = draftAs<Scale>(wanted).spec?.replicas ?? 0
      const steps = paths.specReplicas.split('.')
      const draft = withValueAt(copyOf(asDraft(old)), steps, replicas)
      const { apiVersion } = resource
      returnOwners(draft, wanted, { places: paths.places, apiVersion })
      return draft
    },
  }
}

/** The least int32 stands for replicas that are not there. */
const noReplicas = -(2 ** 31)

/** The Scale as a change begins with it. */
function liveScale(call: Call, object: ApiObject): Draft {
  const { scale } = call.resource
  const live = copyOf(asDraft(scaleOf(call, object)))
  if (scale && !hasReplicas(scale, object)) childOf(live, 'spec')['replicas'] = noReplicas
  lendOwners(live, asDraft(object), pathsOf(call).places)
  return live
}

function assertScale(call: Call, wanted: Draft, old: ApiObject): void {
  const { metadata, spec } = draftAs<Scale>(wanted)
  const replicas = spec?.replicas ?? 0
  const { scale, entry } = call.resource
  if (scale && replicas === noReplicas) {
    throw badRequest(`the spec replicas field ".${scale.specReplicas}" cannot be empty`)
  }
  // A custom resource's own validation speaks of its own field.
  if (replicas < 0 && !scale) {
    throw toInvalid({ group: 'autoscaling', kind: 'Scale' }, call.name, [
      invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
  }
  const uid = metadata?.uid
  if (!scale && uid && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
    throw conflict({ group: entry.group, plural: `${entry.plural}/scale` }, call.name, why)
  }
  const version = metadata?.resourceVersion
  if (version && version !== old.metadata.resourceVersion) {
    throw conflict(entry, call.name, modifiedMessage)
  }
}
