// The protobuf messages of every definition, derived from the schema when first asked for.

import {
  type MessageField,
  type MessageForm,
  type MessageType,
  messageType,
  type ScalarType,
} from '../lib/message.ts'
import {
  type Definition,
  definitionOf,
  type Field,
  objectMetaDefinition,
  type SpecialForm,
} from './schema.ts'

const known = new Map<string, MessageType>()

/** The message of a definition. */
export function messageOf(def: string): MessageType {
  const found = known.get(def)
  if (found) return found
  const made = messageOfDefinition(definitionOf(def))
  known.set(def, made)
  return made
}

/** The message of a kind's list: {metadata=1, items=2}. */
export function listMessageOf(def: string): MessageType {
  return listOf(() => messageOf(def))
}

/** PartialObjectMetadata and its list, which are no kinds and so have no definitions. */
export function metadataMessageOf(kind: string): MessageType | undefined {
  if (kind === 'PartialObjectMetadata') return metadataOnly
  return kind === 'PartialObjectMetadataList' ? listOf(() => metadataOnly) : undefined
}

const metadataOnly = messageType([one('metadata', 1, () => messageOf(objectMetaDefinition))])

function listOf(element: () => MessageType): MessageType {
  return messageType([
    one('metadata', 1, () => messageOf('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta')),
    { ...one('items', 2, element), container: 'list' },
  ])
}

function one(key: string, number: number, element: MessageField['element']): MessageField {
  return { key, number, container: 'one', element, isOptional: false }
}

function messageOfDefinition(definition: Definition): MessageType {
  const { special } = definition
  if (special) return specialMessage(special)
  const placed = Object.entries(definition.fields ?? {})
    .filter(([, field]) => field.proto !== undefined)
    .map(([key, field]) => ({ path: field.protoIn ?? [], field: messageField(key, field) }))
  return messageType(nested(placed))
}

interface Placed {
  /** Numbers of the embedded messages to enter first. */
  readonly path: readonly number[]
  readonly field: MessageField
}

/** Fields of embedded messages go into an inline message at the embedded one's number. */
function nested(placed: readonly Placed[]): MessageField[] {
  const own = placed.filter(({ path }) => path.length === 0).map(({ field }) => field)
  const inner = placed.filter(({ path }) => path.length > 0)
  const byNumber = Map.groupBy(inner, ({ path }) => path[0] ?? 0)
  const inlines = [...byNumber].map(([number, members]) => {
    const deeper = members.map(({ path, field }) => ({ path: path.slice(1), field }))
    const type = messageType(nested(deeper), 'inline')
    return one('', number, () => type)
  })
  return [...own, ...inlines]
}

function messageField(key: string, field: Field): MessageField {
  return {
    key,
    number: field.proto ?? 0,
    container: containerOf(field),
    element: elementOf(field),
    isOptional: field.ptr ?? false,
  }
}

/** Some lists of strings travel in a message of their own (Verbs, ExtraValue). */
function isWrapped({ protoType, array, map }: Field): boolean {
  return (array ?? false) && (protoType !== undefined || (map ?? false))
}

function containerOf(field: Field): MessageField['container'] {
  if (field.map) return 'map'
  return field.array && !isWrapped(field) ? 'list' : 'one'
}

const stringList = messageType([{ ...one('items', 1, 'string'), container: 'list' }], 'stringList')

function elementOf(field: Field): MessageField['element'] {
  const { ref } = field
  if (isWrapped(field)) return () => stringList
  if (ref !== undefined) return () => messageOf(ref)
  return scalarOf(field)
}

function scalarOf({ type, format, protoType }: Field): ScalarType {
  if (protoType === 'int64' || protoType === 'int32') return protoType
  if (type === 'integer') return format === 'int64' ? 'int64' : 'int32'
  if (type === 'boolean') return 'bool'
  if (type === 'number') return 'double'
  return format === 'byte' ? 'bytes' : 'string'
}

const schemaDefinition = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
const schemaField = (number: number): MessageField => ({
  ...one('schema', number, () => messageOf(schemaDefinition)),
  isOptional: true,
})

function specialMessage(form: SpecialForm): MessageType {
  switch (form) {
    case 'time':
    case 'microTime':
      // The zero time is an empty message, so both numbers count as optional.
      return messageType(
        [
          { ...one('seconds', 1, 'int64'), isOptional: true },
          { ...one('nanos', 2, 'int32'), isOptional: true },
        ],
        form,
      )
    case 'quantity':
      return messageType([one('string', 1, 'string')], form)
    case 'intOrString':
      return messageType(
        [one('type', 1, 'int64'), one('intVal', 2, 'int32'), one('strVal', 3, 'string')],
        form,
      )
    case 'schemaOrArray':
      return messageType(
        [
          schemaField(1),
          { ...one('jSONSchemas', 2, () => messageOf(schemaDefinition)), container: 'list' },
        ],
        form,
      )
    case 'schemaOrBool':
      return messageType([one('allows', 1, 'bool'), schemaField(2)], form)
    case 'schemaOrStringArray':
      return messageType(
        [schemaField(1), { ...one('property', 2, 'string'), container: 'list' }],
        form,
      )
    default:
      return rawMessage(form)
  }
}

/** JSON bytes: RawExtension, FieldsV1, JSON. */
function rawMessage(form: SpecialForm): MessageType {
  const forms: Partial<Record<SpecialForm, MessageForm>> = {
    rawExtension: 'rawJson',
    fieldsV1: 'rawJson',
    json: 'rawJson',
  }
  return messageType([{ ...one('raw', 1, 'bytes'), isOptional: true }], forms[form])
}
