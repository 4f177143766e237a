// Between the version an object is kept in and the one it is asked for. Strategy None changes the
// apiVersion alone; anything else is the converter's to do. What is read is shaped by the schema
// of its version and gets the defaults that came after it was written.

import { asDraft, copyOf, type Draft } from '../../api/draft.ts'
import { StatusError } from '../../api/status-error.ts'
import type { CompiledSchema } from '../../api/structural/compiled-schema.ts'
import type { CustomResourceDefinition } from '../../api/types.gen.ts'
import { type ApiObject, settled } from '../registry/api-object.ts'
import type { Conversion } from '../registry/resource.ts'

/** An object in another version of its kind; may change `object`. Throws StatusError. */
export type VersionConverter = (object: Draft, apiVersion: string) => Draft

export interface ServedSchema {
  readonly served: CompiledSchema
  readonly stored: CompiledSchema
  readonly apiVersion: string
}

export interface StoredVersion {
  readonly storedVersion: string
  readonly convert: VersionConverter
}

export function customConversion(
  { served, stored, apiVersion }: ServedSchema,
  { storedVersion, convert }: StoredVersion,
): Conversion {
  return {
    // What was just decoded belongs to nobody else.
    fromStored(object) {
      const draft = asDraft(object)
      const converted = draft['apiVersion'] === apiVersion ? draft : convert(draft, apiVersion)
      served.shape(converted, { isLenient: true })
      served.applyDefaults(converted)
      repairGeneration(converted)
      return settled(converted)
    },
    toStored(object): ApiObject {
      if (apiVersion === storedVersion) return object
      const converted = convert(copyOf(asDraft(object)), storedVersion)
      stored.shape(converted, { isLenient: true })
      return settled(converted)
    },
  }
}

/** Objects from before generations were counted begin with the first. */
function repairGeneration(object: Draft): void {
  const metadata = settled(object)['metadata'] as unknown as Draft
  metadata['generation'] ||= 1
}

/** Strategy None converts; webhooks are called by a converter that is handed in. */
export function converterOf(
  { metadata, spec }: CustomResourceDefinition,
  webhook?: VersionConverter,
): VersionConverter {
  if (spec.conversion?.strategy !== 'Webhook') {
    return (object, apiVersion) => Object.assign(object, { apiVersion })
  }
  return (
    webhook ??
    ((object) => {
      throw new StatusError(
        'InternalError',
        `conversion webhook for ${object['apiVersion']}, Kind=${spec.names.kind} failed: ` +
          `conversion webhooks are not served (${metadata.name})`,
      )
    })
  )
}
