// The fields of a custom resource that a field selector may name, from its definition.

import { type Draft, isDraft } from '../../api/draft.ts'
import { compileJsonPath } from '../../api/structural/json-path.ts'
import type { SelectableField } from '../../api/types.gen.ts'
import { textAt } from '../registry/api-object.ts'

export interface SelectableFields {
  readonly names: readonly string[]
  fieldsOf(object: Draft): Record<string, string>
}

export function selectableFieldsOf(
  fields: readonly SelectableField[] = [],
  { namespaced }: { readonly namespaced: boolean },
): SelectableFields {
  const found = fields.map(({ jsonPath }) => ({
    name: jsonPath.replace(/^\./, ''),
    find: compileJsonPath(jsonPath),
  }))
  const place = namespaced ? ['metadata.name', 'metadata.namespace'] : ['metadata.name']
  return {
    names: [...place, ...found.map(({ name }) => name)],
    fieldsOf: (object) => ({
      'metadata.name': textAt(object, 'metadata', 'name') ?? '',
      ...(namespaced && { 'metadata.namespace': textAt(object, 'metadata', 'namespace') ?? '' }),
      ...Object.fromEntries(
        found.map(({ name, find }) => {
          const [value] = find(object)
          const isText = value !== undefined && value !== null && !isDraft(value)
          return [name, isText ? String(value) : '']
        }),
      ),
    }),
  }
}
