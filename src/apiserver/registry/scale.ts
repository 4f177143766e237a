// The scale subresource: replicas of a workload, seen and set as autoscaling/v1 Scale.

import { conformObject } from '../../api/decode.ts'
import { asDraft, copyOf, type Draft, draftAs, isDraft } from '../../api/draft.ts'
import { invalid, toInvalid } from '../../api/field-error.ts'
import { patchObject } from '../../api/patch/patch.ts'
import { labelSelectorText, rulesOfLabelSelector, rulesOfLabels } from '../../api/selector/label.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Scale } from '../../api/types.gen.ts'
import type { ServerAnswer } from '../request.ts'
import { admitObject, admittedAlready } from './admit.ts'
import { type Call, valueAnswer } from './answers.ts'
import { type ApiObject, textAt, valueAt, withValueAt } from './api-object.ts'
import { badRequest, conflict, methodNotSupported, modifiedMessage, notFound } from './errors.ts'
import { bodyMediaType } from './negotiate.ts'
import { writeOptions } from './options.ts'
import { patchType } from './patch.ts'
import { keyOf, type ScalePaths } from './resource.ts'
import { type Change, changeObject } from './update.ts'
import { matchName, matchNamespace, objectOf, type Write, type WriteContext } from './write.ts'

const target = {
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
  if (verb === 'update') return change(context, call, await replacement(context, call))
  if (verb === 'patch') return change(context, call, await patched(context, call))
  throw methodNotSupported(resource.entry, verb)
}

/** Of a custom resource, which may have none yet. */
function assertReplicas({ resource }: Call, object: ApiObject): void {
  if (!resource.scale || hasReplicas(resource.scale, object)) return
  const message = `the spec replicas field ".${resource.scale.specReplicas}" does not exist`
  throw new StatusError('InternalError', `Internal error occurred: ${message}`)
}

function hasReplicas({ specReplicas }: ScalePaths, object: ApiObject | Draft): boolean {
  return typeof valueAt(object, ...specReplicas.split('.')) === 'number'
}

interface Rescale {
  /** The object whose scale it must be, where the client knows. */
  readonly uid?: string
  from(current: Draft): Draft
}

async function change(context: WriteContext, call: Call, rescale: Rescale): Promise<ServerAnswer> {
  const kind = call.request.info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions'
  const write: Write = { call, options: writeOptions(call.request.query, kind) }
  const outcome = await changeObject(
    admittedAlready(context),
    write,
    changeOf(context, write, rescale),
  )
  return valueAnswer(
    call,
    200,
    scaleOf(call, outcome.stored ? objectOf(call.resource, outcome.stored) : outcome.object),
  )
}

/** Admission sees the Scale, not the workload that it changes. */
function changeOf(context: WriteContext, write: Write, rescale: Rescale): Change {
  const { call } = write
  return {
    mayCreate: false,
    ...(rescale.uid && { uid: rescale.uid }),
    async draftOf(old) {
      const draft = copyOf(asDraft(old ?? {}))
      const current = scaleOf(call, old ?? emptyObject)
      const wanted = copyOf(rescale.from(asDraft(copyOf(current))))
      const typed = { kind: target.kind, apiVersion: 'autoscaling/v1' }
      Object.assign(wanted, { ...typed, ...wanted })
      await admitObject(context, write, { operation: 'UPDATE', object: wanted, old: current })
      assertScale(call, wanted, old)
      const path = pathsOf(call).specReplicas.split('.')
      return withValueAt(draft, path, draftAs<Scale>(wanted).spec?.replicas ?? 0)
    },
  }
}

const emptyObject: ApiObject = { apiVersion: '', kind: '', metadata: { name: '' } }

function assertScale(call: Call, wanted: Draft, old: ApiObject | undefined): void {
  const { metadata, spec } = draftAs<Scale>(wanted)
  const replicas = spec?.replicas ?? 0
  const { scale } = call.resource
  const isPatch = call.request.info.verb === 'patch'
  if (scale && isPatch && spec?.replicas === undefined && !hasReplicas(scale, old ?? {})) {
    throw badRequest(`the spec replicas field ".${scale.specReplicas}" cannot be empty`)
  }
  // A custom resource's own validation speaks of its own field.
  if (replicas < 0 && !scale) {
    throw toInvalid({ group: 'autoscaling', kind: 'Scale' }, call.name, [
      invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
  }
  const version = metadata?.resourceVersion
  if (version && version !== old?.metadata.resourceVersion) {
    throw conflict(call.resource.entry, call.name, modifiedMessage)
  }
}

async function replacement(context: WriteContext, call: Call): Promise<Rescale> {
  const { request } = call
  const { fieldValidation } = writeOptions(request.query, 'UpdateOptions')
  const body = context.readValue(
    await request.body(),
    bodyMediaType(request, { hasProtobuf: true }),
  )
  const { object, warnings } = conformObject(target, body, fieldValidation)
  request.warnings.push(...warnings)
  matchNamespace(call, object)
  matchName(call, object)
  const { uid } = draftAs<Scale>(object).metadata ?? {}
  return { ...(uid && { uid }), from: () => object }
}

async function patched(context: WriteContext, call: Call): Promise<Rescale> {
  const { request } = call
  const { fieldValidation } = writeOptions(request.query, 'PatchOptions')
  const type = patchType({ ...context, fields: undefined }, call)
  const body = await request.body()
  return {
    from(current) {
      if (type === 'apply') return current
      return patchObject(target, current, { kind: type, bytes: body, fieldValidation }).object
    },
  }
}

/** A workload's Scale; the selector is text, as the autoscaler wants it. */
function scaleOf(call: Call, object: ApiObject): ApiObject {
  const { specReplicas, statusReplicas } = pathsOf(call)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = selectorText(call, object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    spec: replicasIfAny(valueAt(object, ...specReplicas.split('.'))),
    status: {
      replicas: valueAt(object, ...statusReplicas.split('.')) ?? 0,
      ...(selector && { selector }),
    },
  }
}

function replicasIfAny(replicas: unknown): object {
  return replicas ? { replicas } : {}
}

const workloadPaths: ScalePaths = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
}

function pathsOf({ resource }: Call): ScalePaths {
  return resource.scale ?? workloadPaths
}

function selectorText({ resource }: Call, object: ApiObject): string {
  if (resource.scale) {
    const { labelSelector } = resource.scale
    return labelSelector === undefined ? '' : (textAt(object, ...labelSelector.split('.')) ?? '')
  }
  const selector = valueAt(object, 'spec', 'selector')
  if (!isDraft(selector)) return textAt(object, 'spec', 'selector') ?? ''
  // A ReplicationController's selector is the plain map of labels.
  const rules =
    object.kind === 'ReplicationController'
      ? rulesOfLabels(selector as Readonly<Record<string, string>>)
      : rulesOfLabelSelector(selector)
  return rules === 'nothing' ? '' : labelSelectorText(rules)
}
