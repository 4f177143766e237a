// Bodies that are not objects of the resource they are sent to: DeleteOptions, Binding, Eviction,
// Scale. In: bytes and their media type. Out: JSON, to be conformed to the type that is expected.

import type { ProtobufReader } from '../../api/decode.ts'
import { type Draft, isDraft } from '../../api/draft.ts'
import { parseJson } from '../../api/json-text.ts'
import { readYaml, YamlSyntaxError } from '../../api/yaml-text.ts'
import { badRequest, unsupportedMediaType } from './errors.ts'
import type { MediaType } from './negotiate.ts'
import { textOf } from './stored-bytes.ts'

export function valueReader(readProtobuf: ProtobufReader | undefined) {
  return (body: Uint8Array, mediaType: MediaType): Draft => {
    if (mediaType === 'application/vnd.kubernetes.protobuf') {
      if (readProtobuf) return readProtobuf(body)
      throw unsupportedMediaType(['application/json', 'application/yaml'])
    }
    const value = mediaType === 'application/yaml' ? yamlValue(body) : jsonValue(body)
    if (!isDraft(value))
      throw badRequest("couldn't get version/kind; json parse error: not an object")
    return value
  }
}

function jsonValue(body: Uint8Array): unknown {
  try {
    return parseJson(textOf(body))
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function yamlValue(body: Uint8Array): unknown {
  try {
    return readYaml(textOf(body)).value
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw badRequest(error.message)
    throw error
  }
}
