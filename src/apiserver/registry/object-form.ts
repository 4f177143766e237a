// What becomes of an object on its way to a client that asked for something other than the
// stored JSON: another version, YAML, protobuf, indentation, metadata alone, or a Table.

import { stringify as yamlText } from 'yaml'
import { asDraft } from '../../api/draft.ts'
import { listKindOf } from '../../api/kinds.ts'
import type { ObjectMeta } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import { openEnvelope } from '../../wire/protobuf/envelope.ts'
import type { ApiObject } from './api-object.ts'
import { badRequest } from './errors.ts'
import type { AnswerForm } from './negotiate.ts'
import type { Resource } from './resource.ts'
import { decodeStored, type Revised } from './stored-bytes.ts'

export interface ObjectForm {
  /** Equal for forms that make the same bytes of an object. */
  readonly key: string
  readonly isProtobuf: boolean
  readonly isPretty: boolean
  readonly contentType: string
  decode(stored: Revised): ApiObject
  encodeObject(object: ApiObject): string | Uint8Array
  /** An object as part of a list; in protobuf its bare message. */
  encodeItem(object: ApiObject): string | Uint8Array
  encodeList(list: ObjectListing): string | Uint8Array
  /** Any value that is not an object of the resource: Status, Scale. */
  encodeValue(value: object): string | Uint8Array
}

export interface ObjectListing {
  readonly metadata: ListMetadata
  readonly items: readonly ApiObject[]
}

export interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface FormOptions {
  readonly form: AnswerForm
  readonly query: URLSearchParams
  readonly clock: Clock
  /** Only the first event of a watch has column definitions. */
  readonly hasColumns?: boolean
}

/** JSON that is spliced from stored bytes (served-value.ts) needs none of what is below. */
export function isPlain(
  { storage }: Resource,
  { mediaType, transform, isPretty }: AnswerForm,
): boolean {
  const { conversion, splicing } = storage
  const isSpliced = !conversion || splicing !== undefined
  return mediaType === 'application/json' && !transform && !isPretty && isSpliced
}

export function objectForm(resource: Resource, options: FormOptions): ObjectForm {
  const { form } = options
  const isProtobuf = form.mediaType === 'application/vnd.kubernetes.protobuf'
  const encodeValue = (value: object) =>
    isProtobuf ? resource.codec.encodeProtobuf(value) : textForm(form, value)
  const reshape = reshaper(resource, options)
  return {
    key: [resource.apiVersion, form.mediaType, form.metaVersion, reshape.key].join(' '),
    isProtobuf,
    isPretty: form.isPretty,
    contentType: form.mediaType,
    decode: (stored) => decodeServed(resource, stored),
    encodeObject: (object) => encodeValue(reshape.object(object)),
    encodeItem: (object) =>
      isProtobuf
        ? openEnvelope(resource.codec.encodeProtobuf(reshape.object(object))).raw
        : textForm(form, reshape.item(object)),
    encodeList: (list) => encodeValue(reshape.list(list)),
    encodeValue,
  }
}

/** The stored object in the resource's version. */
export function decodeServed(resource: Resource, stored: Revised): ApiObject {
  const object = decodeStored(stored)
  return resource.storage.conversion?.fromStored(object) ?? object
}

export function textForm({ mediaType, isPretty }: AnswerForm, value: object): string {
  if (mediaType === 'application/yaml') return yamlText(value, { version: '1.1', lineWidth: 0 })
  return isPretty ? JSON.stringify(value, null, 2) : JSON.stringify(value)
}

interface Reshaper {
  readonly key: string
  object(object: ApiObject): object
  /** As part of a list. */
  item(object: ApiObject): object
  list(list: ObjectListing): object
}

function reshaper(resource: Resource, options: FormOptions): Reshaper {
  switch (options.form.transform) {
    case undefined:
      return whole(resource)
    case 'Table':
      return tables(resource, options)
    default:
      return metadataOnly(options.form.metaVersion)
  }
}

function whole({ entry, apiVersion, storage }: Resource): Reshaper {
  const hasTypedItems = storage.layout.itemHead === storage.layout.head
  const item = (object: ApiObject) => {
    if (hasTypedItems) return object
    const { kind: _kind, apiVersion: _version, ...rest } = object
    return rest
  }
  return {
    key: 'whole',
    object: (object) => object,
    item,
    list: ({ metadata, items }) => ({
      kind: listKindOf(entry),
      apiVersion,
      metadata,
      items: items.map(item),
    }),
  }
}

function metadataOnly(version: string): Reshaper {
  const apiVersion = `meta.k8s.io/${version}`
  return {
    key: 'metadata',
    object: ({ metadata }) => partial(metadata, version),
    item: ({ metadata }) => partial(metadata, version),
    list: ({ metadata, items }) => ({
      kind: 'PartialObjectMetadataList',
      apiVersion,
      metadata,
      items: items.map((item) => partial(item.metadata, version)),
    }),
  }
}

function partial(metadata: ObjectMeta, version: string) {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}

type IncludeObject = 'None' | 'Metadata' | 'Object'

function tables(resource: Resource, options: FormOptions): Reshaper {
  const { form, clock, hasColumns = true } = options
  const include = includeObject(options.query)
  const { conversion } = resource.storage
  const { columns, row } = resource.codec.table
  const rowOf = (object: ApiObject) => ({
    ...row(asDraft(conversion?.toStored(object) ?? object), {
      now: clock.now(),
      includeObject: 'None',
    }),
    ...rowObject(object, include, form.metaVersion),
  })
  const table = (metadata: object, objects: readonly ApiObject[]) => ({
    kind: 'Table',
    apiVersion: `meta.k8s.io/${form.metaVersion}`,
    metadata,
    columnDefinitions: hasColumns ? columns : [],
    rows: objects.map(rowOf),
  })
  return {
    key: `table ${include} ${hasColumns}`,
    object: (object) => table({ resourceVersion: object.metadata.resourceVersion ?? '' }, [object]),
    item: rowOf,
    list: ({ metadata, items }) => table(metadata, items),
  }
}

function rowObject(object: ApiObject, include: IncludeObject, version: string): object {
  if (include === 'Object') return { object }
  if (include === 'None') return { object: null }
  return { object: partial(object.metadata, version) }
}

function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject') || 'Metadata'
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked
  throw badRequest(
    'Unable to convert to Table as requested: includeObject: Invalid value: ' +
      `${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}
