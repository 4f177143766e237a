// Protobuf bodies of any type we know -> JSON objects. The codec is handed in: it is of src/wire,
// which knows nothing of kinds.

import type { MessageType } from '../lib/message.ts'
import type { ProtobufReader } from './decode.ts'
import { type Draft, isDraft } from './draft.ts'
import { messageOf } from './messages.ts'
import { definitionNameOf } from './schema.ts'

/** openEnvelope and decodeMessage of src/wire/protobuf. */
export interface ProtobufCodec {
  readonly open: (bytes: Uint8Array) => {
    readonly apiVersion: string
    readonly kind: string
    readonly raw: Uint8Array
  }
  readonly read: (type: MessageType, raw: Uint8Array) => Record<string, unknown>
}

/** Objects of types that we do not know come with their names only, for the caller to refuse. */
export function protobufReader({ open, read }: ProtobufCodec): ProtobufReader {
  return (bytes) => {
    const { apiVersion, kind, raw } = open(bytes)
    const def = definitionNameOf(apiVersion, kind)
    const fields: unknown = def === undefined ? {} : read(messageOf(def), raw)
    const object: Draft = { apiVersion, kind }
    return isDraft(fields) ? { ...object, ...fields } : object
  }
}
