// A store whose values may have been written by kube-apiserver: they are read as if the registry
// had written them. In: protobuf in its envelope, or JSON with other field order and a newline at
// the end. Out: the layout of stored-bytes.ts. What the registry writes stays JSON, which
// kube-apiserver reads as well. Values encrypted at rest are opened first, by the keys there are.

import { conformObject } from '../../api/decode.ts'
import { applyDefaults } from '../../api/defaults/defaults.ts'
import { isDraft } from '../../api/draft.ts'
import { apiVersionOf, kinds } from '../../api/kinds.ts'
import { definitionNameOf } from '../../api/schema.ts'
import { mappedStore } from '../../store/mapped-store.ts'
import type { Store } from '../../store/store.ts'
import { openEnvelope, sealEnvelope } from '../../wire/protobuf/envelope.ts'
import { createValueCodec, type ValueCodec } from '../encryption/value-codec.ts'
import { ValueNotes } from '../encryption/value-notes.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import { type ApiObject, settled } from './api-object.ts'
import { conversionOf } from './conversions.ts'
import { isOlder, readableVersion, toCurrent } from './older-versions.ts'
import { encodeStored, layoutOf, textOf } from './stored-bytes.ts'

/** k8s\0: an object in protobuf. */
const envelope = Buffer.from('k8s\0', 'latin1')
const ownStart = Buffer.from('{"kind":"')
const newline = 0x0a
const openBrace = 0x7b

/** Absent keys: what is encrypted cannot be read, and is noted so. */
export function takenOver(store: Store, { codec, notes }: AtRest = withoutKeys()): Store {
  return mappedStore(store, {
    read: (key, kept) => notes.open(codec, key, kept, readableValue),
    write: codec.seal,
  })
}

export interface AtRest {
  readonly codec: ValueCodec
  readonly notes: ValueNotes
}

function withoutKeys(): AtRest {
  return { codec: createValueCodec([]), notes: new ValueNotes() }
}

/** The very same bytes where they are as the registry writes them, which costs a comparison. */
export function readableValue(value: Uint8Array): Uint8Array {
  if (startsWith(value, envelope)) return fromProtobuf(value)
  if (value[0] !== openBrace) return value
  if (!startsWith(value, ownStart) || hasOlderHead(value)) return fromJson(value)
  return value.at(-1) === newline ? value.subarray(0, -1) : value
}

function fromJson(value: Uint8Array): Uint8Array {
  return rewritten(JSON.parse(textOf(value)), value)
}

/** Enough for kind and apiVersion, which come first. */
const headBytes = 256

function hasOlderHead(value: Uint8Array): boolean {
  const head = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, headBytes))
  // Hardly any version that is kept is one of these, so hardly any head is looked at closely.
  if (!head.includes('beta') && !head.includes('autoscaling/v1"')) return false
  const [, kind = '', apiVersion = ''] =
    /^\{"kind":"([^"]*)","apiVersion":"([^"]*)"/.exec(head.toString('latin1')) ?? []
  return isOlder(apiVersion, kind)
}

/**
 * What is no object of the API (an allocation, say) stays as it is. Protobuf of Go names every
 * field of the metadata, empty or not: the kind's form has them not.
 */
function fromProtobuf(value: Uint8Array): Uint8Array {
  const { apiVersion, kind, raw } = openEnvelope(value)
  const current = readableVersion(apiVersion, kind) ?? apiVersion
  const def = definitionNameOf(current, kind)
  if (def === undefined) return value
  const object = kubernetesProtobuf.read(sealEnvelope({ apiVersion: current, kind, raw }))
  const [version = '', group = ''] = current.split('/').toReversed()
  return rewritten(conformObject({ group, version, kind, def }, object).object, value)
}

/**
 * What has no metadata is nobody's to read. Who wrote the rest may have been older than some of its
 * fields, which then have their defaults, as if it had been written today.
 */
function rewritten(object: unknown, value: Uint8Array): Uint8Array {
  if (!isDraft(object) || !isDraft(object['metadata'])) return value
  const current = toCurrent(object)
  applyDefaults(current)
  const whole = asKept(settled(current))
  return encodeStored(layoutOf(whole), whole)
}

function asKept(object: ApiObject): ApiObject {
  const entry = entryOf(object)
  return (entry && conversionOf(entry)?.toStored(object)) ?? object
}

const entries = new Map(kinds.map((entry) => [`${apiVersionOf(entry)}/${entry.kind}`, entry]))
const entryOf = ({ apiVersion, kind }: ApiObject) => entries.get(`${apiVersion}/${kind}`)

function startsWith(value: Uint8Array, start: Buffer): boolean {
  return value.length >= start.length && start.equals(value.subarray(0, start.length))
}
