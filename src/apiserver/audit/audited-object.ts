// Bodies as an audit event shows them: JSON, whatever form they were sent in.

import { isDraft } from '../../api/draft.ts'
import { parseJson } from '../../api/json-text.ts'
import { readYaml } from '../../api/yaml-text.ts'
import { kubernetesProtobuf } from '../protobuf.ts'

/** Undefined for a body that is no object. */
export type BodyReader = (body: Uint8Array, contentType: string) => unknown

export const readBody: BodyReader = (body, contentType) => {
  try {
    if (contentType.startsWith('application/vnd.kubernetes.protobuf'))
      return kubernetesProtobuf.read(body)
    const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString()
    return contentType.includes('yaml') ? readYaml(text).value : parseJson(text)
  } catch {
    return undefined
  }
}

export function jsonTextOf(
  value: unknown,
  { omitManagedFields }: { readonly omitManagedFields: boolean },
): string {
  return JSON.stringify(omitManagedFields ? withoutManagedFields(value) : value)
}

function withoutManagedFields(value: unknown): unknown {
  if (!isDraft(value)) return value
  const { metadata, items, rows } = value
  const bare = isDraft(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'managedFields'))
    : metadata
  return {
    ...value,
    ...(isDraft(metadata) && { metadata: bare }),
    ...(Array.isArray(items) && { items: items.map(withoutManagedFields) }),
    ...(Array.isArray(rows) && { rows: rows.map(rowWithoutManagedFields) }),
  }
}

function rowWithoutManagedFields(row: unknown): unknown {
  return isDraft(row) ? { ...row, object: withoutManagedFields(row['object']) } : row
}
