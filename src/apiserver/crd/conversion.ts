// Between the version an object is kept in and the one it is asked for. Strategy None changes the
// apiVersion alone; where a webhook converts, values are in the version asked for before they come
// here. What is read is shaped by the schema of its version and gets the defaults that came after
// it was written.

import { asDraft, childOf, copyOf, type Draft } from '../../api/draft.ts'
import type { CompiledSchema } from '../../api/structural/compiled-schema.ts'
import { type ApiObject, settled } from '../registry/api-object.ts'
import type { Conversion } from '../registry/resource.ts'

export interface ServedSchema {
  readonly served: CompiledSchema
  readonly stored: CompiledSchema
  readonly apiVersion: string
}

/** `keptVersion`: the apiVersion of values that are read and written. */
export function customConversion(
  { served, stored, apiVersion }: ServedSchema,
  keptVersion: string,
): Conversion {
  return {
    // What was just decoded belongs to nobody else.
    fromStored(object) {
      const converted = Object.assign(asDraft(object), { apiVersion })
      served.shape(converted, { isLenient: true })
      served.applyDefaults(converted)
      repairGeneration(converted)
      return settled(converted)
    },
    toStored(object): ApiObject {
      if (apiVersion === keptVersion) return object
      const converted = Object.assign(copyOf(asDraft(object)), { apiVersion: keptVersion })
      stored.shape(converted, { isLenient: true })
      return settled(converted)
    },
  }
}

/** Objects from before generations were counted begin with the first. */
function repairGeneration(object: Draft): void {
  childOf(object, 'metadata')['generation'] ||= 1
}
