// Answers with objects, lists and other values, in the form the client accepts.

import { listKindOf } from '../../api/kinds.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ServerAnswer, ServerRequest } from '../request.ts'
import type { ApiObject } from './api-object.ts'
import { listBody } from './list-body.ts'
import { encodeEntries } from './list-form.ts'
import type { AnswerForm } from './negotiate.ts'
import { decodeServed, isPlain, type ListMetadata, objectForm, textForm } from './object-form.ts'
import type { Resource } from './resource.ts'
import { servedLayout, servedValue, servedValues } from './served-value.ts'
import { type Revised, servedBytes } from './stored-bytes.ts'

/** A request with what was found out about it: for which resource, and how to answer. */
export interface Call {
  readonly request: ServerRequest
  readonly resource: Resource
  readonly form: AnswerForm
  /** '' for cluster-scoped resources and for all namespaces. */
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly clock: Clock
}

const jsonHeaders = { 'content-type': 'application/json' }

export function storedAnswer(call: Call, status: number, stored: Revised): ServerAnswer {
  const { resource, form } = call
  if (isPlain(resource, form)) {
    const value = servedValue(resource, stored)
    const body = servedBytes(servedLayout(resource), value, { after: '\n' })
    return { status, headers: jsonHeaders, body }
  }
  return objectAnswer(call, status, decodeServed(resource, stored))
}

/** An object of the resource that is not stored as it is answered: dry runs, last states. */
export function objectAnswer(call: Call, status: number, object: ApiObject): ServerAnswer {
  const form = formOf(call)
  return answer(status, form.contentType, form.encodeObject(object))
}

/** A Status, a Scale, or whatever else is not of the resource's kind; never a Table. */
export function valueAnswer(call: Call, status: number, value: object): ServerAnswer {
  const { form, resource } = call
  if (form.mediaType !== 'application/vnd.kubernetes.protobuf') {
    return answer(status, form.mediaType, textForm(form, value))
  }
  return answer(status, form.mediaType, resource.codec.encodeProtobuf(value))
}

export async function listAnswer(
  call: Call,
  metadata: ListMetadata,
  entries: readonly Revised[],
): Promise<ServerAnswer> {
  const { resource, form } = call
  if (isPlain(resource, form)) {
    const kind = `"kind":"${listKindOf(resource.entry)}","apiVersion":"${resource.apiVersion}"`
    const before = `{${kind},"metadata":${JSON.stringify(metadata)},"items":[`
    const values = await servedValues(resource, entries)
    const body = listBody(servedLayout(resource), values, { before, after: ']}\n' })
    return { status: 200, headers: jsonHeaders, body }
  }
  const listForm = formOf(call)
  const headers = { 'content-type': listForm.contentType }
  // YAML is for people: its lists are short.
  if (form.mediaType !== 'application/yaml')
    return { status: 200, headers, body: await encodeEntries(listForm, metadata, entries) }
  const items = entries.map(listForm.decode)
  return answer(200, listForm.contentType, listForm.encodeList({ metadata, items }))
}

function formOf({ resource, form, request, clock }: Call) {
  return objectForm(resource, { form, query: request.query, clock })
}

function answer(status: number, contentType: string, body: string | Uint8Array): ServerAnswer {
  return {
    status,
    headers: contentType === 'application/json' ? jsonHeaders : { 'content-type': contentType },
    body: typeof body === 'string' ? Buffer.from(`${body}\n`) : body,
  }
}
