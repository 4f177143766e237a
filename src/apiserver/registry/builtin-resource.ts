// A built-in kind as a resource: its entry of the kind table with the schema, the strategy, the
// columns and the conversions that src/api holds for it.

import { decodeBody, type ProtobufReader } from '../../api/decode.ts'
import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { patchObject } from '../../api/patch/patch.ts'
import { type Strategy, strategyOf, type WriteStrategy } from '../../api/strategies.ts'
import { type TableForm, tableFormOf } from '../../api/table.ts'
import { conversionOf, storedVersion } from './conversions.ts'
import { deletionRules } from './deletion-rules.ts'
import { deprecationOf } from './deprecated-kinds.ts'
import { notAcceptable } from './errors.ts'
import type { Codec, Resource } from './resource.ts'
import { storagePrefixOf } from './storage-prefix.ts'
import { layoutOf } from './stored-bytes.ts'

/** The protobuf codec, which is handed in. */
export interface ProtobufCodec {
  readonly read: ProtobufReader
  /** Enveloped bytes of an object or list with apiVersion and kind. */
  write(object: object): Uint8Array
}

export function builtinResource(entry: KindEntry, protobuf?: ProtobufCodec): Resource {
  const deprecation = deprecationOf(entry)
  return {
    entry,
    apiVersion: apiVersionOf(entry),
    storage: {
      prefix: storagePrefixOf(entry),
      layout: layoutOf({ kind: entry.kind, apiVersion: storedVersion(entry) }),
      conversion: conversionOf(entry),
    },
    codec: builtinCodec(entry, protobuf),
    strategy: remembered(strategyOf(entry)),
    deletion: deletionRules(entry),
    ...(deprecation !== undefined && { warnings: [deprecation] }),
  }
}

/** A strategy that makes each of its subresources once. */
function remembered(strategy: Strategy): Strategy {
  const made = new Map<string, WriteStrategy | undefined>()
  return {
    ...strategy,
    subresource(name) {
      if (!made.has(name)) made.set(name, strategy.subresource(name))
      return made.get(name)
    },
  }
}

function builtinCodec(entry: KindEntry, protobuf: ProtobufCodec | undefined): Codec {
  let table: TableForm | undefined
  return {
    hasProtobuf: protobuf !== undefined,
    decode: (body, { mediaType, fieldValidation, isPartial = false }) =>
      decodeBody(entry, body, mediaType, {
        fieldValidation,
        isPartial,
        ...(protobuf && { readProtobuf: protobuf.read }),
      }),
    patchTypes: ['json', 'merge', 'strategic'],
    patch: (current, { type: kind, body: bytes, fieldValidation }) =>
      patchObject(entry, current, { kind, bytes, fieldValidation }),
    encodeProtobuf(object) {
      if (!protobuf) throw notAcceptable(['application/json', 'application/yaml'])
      return protobuf.write(object)
    },
    get table() {
      table ??= tableFormOf(entry)
      return table
    },
  }
}
