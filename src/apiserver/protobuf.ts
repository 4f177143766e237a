// Kubernetes objects in protobuf: the codec of src/wire with the messages of src/api, joined here
// because neither of the two knows the other.

import type { ProtobufReader } from '../api/decode.ts'
import { listMessageOf, messageOf, metadataMessageOf } from '../api/messages.ts'
import { type ProtobufCodec, protobufReader } from '../api/protobuf-reader.ts'
import { definitionNameOf } from '../api/schema.ts'
import { StatusError } from '../api/status-error.ts'
import { decodeMessage } from '../wire/protobuf/decode.ts'
import { encodeMessage } from '../wire/protobuf/encode.ts'
import { openEnvelope, sealEnvelope } from '../wire/protobuf/envelope.ts'
import { ProtobufError } from '../wire/protobuf/reader.ts'

export interface KubernetesProtobuf {
  /** Enveloped bytes to JSON. */
  readonly read: ProtobufReader
  /** An object or list with apiVersion and kind to enveloped bytes. */
  write(object: object): Uint8Array
}

const codec: ProtobufCodec = { open: openEnvelope, read: decodeMessage }

const reader = protobufReader(codec)

export const kubernetesProtobuf: KubernetesProtobuf = {
  read(bytes) {
    try {
      return reader(bytes)
    } catch (error) {
      if (error instanceof ProtobufError) throw new StatusError('BadRequest', error.message)
      throw error
    }
  },
  write(object) {
    const { apiVersion, kind, ...fields } = { apiVersion: '', kind: '', ...object }
    const raw = encodeMessage(messageFor(apiVersion, kind), fields)
    return sealEnvelope({ apiVersion, kind, raw })
  },
}

function messageFor(apiVersion: string, kind: string) {
  const def = definitionNameOf(apiVersion, kind)
  if (def) return messageOf(def)
  const metadata = metadataMessageOf(kind)
  if (metadata) return metadata
  const item = kind.endsWith('List') && definitionNameOf(apiVersion, kind.slice(0, -'List'.length))
  if (item) return listMessageOf(item)
  throw new StatusError('NotAcceptable', `no protobuf message for ${apiVersion}, Kind=${kind}`)
}
