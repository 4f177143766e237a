// The protobuf codec of the API server: messages from the schema, bytes from the wire codec.

import { listMessageOf, messageOf, metadataMessageOf } from '../api/messages.ts'
import { protobufReader } from '../api/protobuf-reader.ts'
import { definitionNameOf } from '../api/schema.ts'
import type { ProtobufCodec } from '../apiserver/registry/builtin-resource.ts'
import { decodeMessage } from '../wire/protobuf/decode.ts'
import { encodeMessage } from '../wire/protobuf/encode.ts'
import { openEnvelope, sealEnvelope } from '../wire/protobuf/envelope.ts'

export const protobufCodec: ProtobufCodec = {
  read: protobufReader({ open: openEnvelope, read: decodeMessage }),
  write(object) {
    const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string }
    const raw = encodeMessage(messageFor(apiVersion, kind), { ...object })
    return sealEnvelope({ apiVersion, kind, raw })
  },
}

/** Lists have no definition of their own: each is made from that of its items. */
function messageFor(apiVersion: string, kind: string) {
  const own = definitionNameOf(apiVersion, kind)
  if (own !== undefined) return messageOf(own)
  const metadata = metadataMessageOf(kind)
  if (metadata !== undefined) return metadata
  const item = definitionNameOf(apiVersion, kind.replace(/List$/, ''))
  if (item !== undefined) return listMessageOf(item)
  throw new Error(`no protobuf message for ${apiVersion} ${kind}`)
}
