// Fills in the defaults of a schema, in place: missing fields, and nulls where none may be.

import { copyOf, type DraftValue, isDraft } from '../draft.ts'
import type { JsonValue } from '../json.ts'
import { hasSchema, itemsOf, propertiesOf, type Schema, valuesOf } from './schema.ts'

export type ApplyDefaults = (value: DraftValue | undefined) => void

const nothing: ApplyDefaults = () => {}

export function compileDefaults(schema: Schema): ApplyDefaults {
  if (!hasSchema(schema, (part) => part.default !== undefined)) return nothing
  const parts = new Map(propertiesOf(schema).map(([key, part]) => [key, partDefaults(part)]))
  const given = [...parts].filter(([, part]) => part.value !== undefined)
  const values = valuesOf(schema)
  const other = values && partDefaults(values)
  const items = itemsOf(schema)
  const item = items && partDefaults(items)
  return (value) => {
    if (Array.isArray(value)) {
      if (item) for (const index of value.keys()) value[index] = item.within(value[index]) ?? null
    } else if (isDraft(value)) {
      for (const [key, part] of given) {
        if (!Object.hasOwn(value, key) || value[key] === undefined) value[key] = part.made()
      }
      for (const key in value) {
        const part = parts.get(key) ?? other
        if (part) value[key] = part.within(value[key])
      }
    }
  }
}

interface PartDefaults {
  readonly value: JsonValue | undefined
  /** A copy of the default that may be changed. */
  made(): DraftValue | undefined
  /** The value with its own defaults, or the default where it is a null that may not be. */
  within(value: DraftValue | undefined): DraftValue | undefined
}

function partDefaults(schema: Schema): PartDefaults {
  const { default: value, nullable } = schema
  const fill = compileDefaults(schema)
  const made = () => copyOf(value) as DraftValue | undefined
  return {
    value,
    made,
    within(present) {
      const isReplaced = present === null && !nullable && value !== undefined
      const filled = isReplaced ? made() : present
      fill(filled)
      return filled
    },
  }
}
