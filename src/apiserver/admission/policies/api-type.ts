// The types of built-in kinds as expressions see them, made from the schema facts when a field is
// first asked for.

import { definitionOf, type Field } from '../../../api/schema.ts'
import { escapeName, unescapeName } from '../../../api/structural/rules/escape.ts'
import {
  bool,
  bytes,
  type CelType,
  double,
  dyn,
  int,
  listOf,
  mapOf,
  type ObjectType,
  string,
  timestamp,
} from '../../../cel/types.ts'

const known = new Map<string, CelType>()

/** `name`: of a definition, io.k8s.api.apps.v1.Deployment. */
export function apiType(name: string): CelType {
  const found = known.get(name)
  if (found) return found
  const made = typeOfDefinition(name)
  known.set(name, made)
  return made
}

function typeOfDefinition(name: string): CelType {
  const { special, fields, type, format } = definitionOf(name)
  if (special === 'time' || special === 'microTime') return timestamp
  if (special === 'quantity') return string
  if (special) return dyn
  if (!fields) return type ? scalarType(type, format) : dyn
  const made: ObjectType = {
    kind: 'object',
    name,
    field(escaped) {
      const key = unescapeName(escaped)
      const field = key === undefined ? undefined : fields[key]
      return field && key !== undefined && escapeName(key) === escaped
        ? fieldType(field)
        : undefined
    },
  }
  return made
}

function fieldType({
  ref,
  type,
  format,
  array,
  map,
  intOrString,
  preserveUnknown,
}: Field): CelType {
  const isFree = intOrString || preserveUnknown
  const element = isFree ? dyn : ref ? apiType(ref) : scalarType(type, format)
  const inner = array ? listOf(element) : element
  return map ? mapOf(string, inner) : inner
}

function scalarType(type: string | undefined, format: string | undefined): CelType {
  if (type === 'integer') return int
  if (type === 'number') return double
  if (type === 'boolean') return bool
  if (type === 'string') return format === 'byte' ? bytes : string
  return dyn
}
