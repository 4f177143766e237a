// POST pods/NAME/binding (and bindings): puts a Pod on a node. Only once, and only while it lives.

import { conformObject } from '../../api/decode.ts'
import { asDraft, copyOf, type Draft, draftAs } from '../../api/draft.ts'
import { notSupported, required, toInvalid } from '../../api/field-error.ts'
import type { Binding, Pod } from '../../api/types.gen.ts'
import type { ServerAnswer } from '../request.ts'
import { admitObject, admittedAlready } from './admit.ts'
import { type Call, valueAnswer } from './answers.ts'
import type { ApiObject } from './api-object.ts'
import { badRequest, conflict } from './errors.ts'
import { bodyMediaType } from './negotiate.ts'
import { writeOptions } from './options.ts'
import type { Resource } from './resource.ts'
import { successStatus } from './success-status.ts'
import { changeObject } from './update.ts'
import { timeText, type WriteContext } from './write.ts'

const target = { group: '', version: 'v1', kind: 'Binding', def: 'io.k8s.api.core.v1.Binding' }

export async function bind(context: WriteContext, call: Call): Promise<ServerAnswer> {
  const binding = await readBinding(context, call)
  await admitBinding(context, call, binding)
  return bindTo(context, call, binding)
}

async function admitBinding(context: WriteContext, call: Call, binding: BindingDraft) {
  const options = writeOptions(call.request.query, 'CreateOptions')
  const object = asDraft(binding)
  await admitObject(context, { call, options }, { operation: 'CREATE', object })
}

async function bindTo(
  context: WriteContext,
  call: Call,
  binding: BindingDraft,
): Promise<ServerAnswer> {
  const options = writeOptions(call.request.query, 'CreateOptions')
  assertBinding(call, binding)
  await changeObject(
    admittedAlready(context),
    { call, options },
    {
      mayCreate: false,
      isDirect: true,
      draftOf: (old) => bound(call, old, binding, timeText(context.clock.now())),
    },
  )
  return valueAnswer(call, 201, successStatus(201))
}

/** POST bindings: the older way, which names the Pod in the body alone. */
export async function bindByBody(
  context: WriteContext,
  call: Call,
  pods: Resource,
): Promise<ServerAnswer> {
  const binding = await readBinding(context, call)
  const { metadata } = binding
  if (!metadata?.name) throw badRequest('name must be provided')
  await admitBinding(context, call, binding)
  const podCall = { ...call, resource: pods, name: metadata.name, subresource: 'binding' }
  return bindTo(context, podCall, binding)
}

async function readBinding(context: WriteContext, { request }: Call): Promise<BindingDraft> {
  const { fieldValidation } = writeOptions(request.query, 'CreateOptions')
  const mediaType = bodyMediaType(request, { hasProtobuf: true })
  const body = context.readValue(await request.body(), mediaType)
  const { object } = conformObject(target, body, fieldValidation)
  return draftAs<Binding>({ kind: target.kind, apiVersion: 'v1', ...object })
}

type BindingDraft = ReturnType<typeof draftAs<Binding>>

function assertBinding({ name, namespace }: Call, { metadata, target: node }: BindingDraft): void {
  if (metadata?.name && metadata.name !== name) {
    throw badRequest(`name in URL does not match name in Binding object`)
  }
  if (metadata?.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
  const kind = node?.kind ?? ''
  const errors = [
    ...(kind !== '' && kind !== 'Node'
      ? [notSupported('target.kind', kind, ['Node', '<empty>'])]
      : []),
    ...(node?.name ? [] : [required('target.name')]),
  ]
  if (errors.length > 0) throw toInvalid({ group: '', kind: 'Binding' }, name, errors)
}

function bound(
  { name }: Call,
  old: ApiObject | undefined,
  { target: node, metadata }: BindingDraft,
  now: string,
): Draft {
  const draft = copyOf(asDraft(old ?? {}))
  const pod = draftAs<Pod>(draft)
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, why)
  if (metadata?.uid && metadata.uid !== pod.metadata?.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata?.uid}`,
    )
  }
  if (pod.metadata?.deletionTimestamp) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  }
  if (pod.spec?.nodeName) {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  }
  if (pod.spec?.schedulingGates?.length) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  }
  pod.spec = { ...pod.spec, nodeName: node?.name ?? '' }
  const annotations = { ...pod.metadata?.annotations, ...metadata?.annotations }
  if (Object.keys(annotations).length > 0) pod.metadata = { ...pod.metadata, annotations }
  if (metadata?.labels) {
    // A Pod keeps what it says itself.
    pod.metadata = { ...pod.metadata, labels: { ...metadata.labels, ...pod.metadata?.labels } }
  }
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',

    lastTransitionTime: now,
  }
  pod.status = { ...pod.status, conditions: [...conditions, scheduled] }
  return draft
}
