// The kinds that are served now, as expressions see their objects: built-in ones from the schema
// facts, custom ones from what their definition says.

import { apiVersionOf } from '../../api/kinds.ts'
import { schemaType } from '../../api/structural/rules/schema-type.ts'
import { apiType } from '../admission/policies/api-type.ts'
import type { CheckedKind, KindTypes } from '../admission/policies/type-check.ts'
import type { Resource } from './resource.ts'

export function kindTypes(resources: () => Iterable<Resource>): KindTypes {
  const find = (isMeant: (resource: Resource) => boolean) => {
    for (const resource of resources()) if (isMeant(resource)) return checkedKind(resource)
    return undefined
  }
  return {
    ofResource: (group, version, plural) =>
      find(
        ({ entry }) =>
          entry.group === group && entry.version === version && entry.plural === plural,
      ),
    ofKind: (apiVersion, kind) =>
      find(({ entry }) => entry.kind === kind && apiVersionOf(entry) === apiVersion),
  }
}

function checkedKind({ entry, schema }: Resource): CheckedKind {
  const { group, version, kind, def } = entry
  const type = schema ? schemaType(schema, { name: kind, isWhole: true })?.cel : apiType(def)
  return { group, version, kind, type }
}
