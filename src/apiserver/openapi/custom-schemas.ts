// Schemas of kinds that are not in the built-in definitions: custom resources.

import type { KindEntry } from '../../api/kinds.ts'
import type { OpenApiObject } from './schemas.ts'

export interface CustomSchema {
  readonly v2: OpenApiObject
  readonly v3: OpenApiObject
  /** Definitions they refer to. */
  readonly references: readonly string[]
}

/** The schema of a custom kind by its entry's definition; undefined for a built-in one. */
export type CustomSchemas = (def: string) => CustomSchema | undefined

export const noCustomSchemas: CustomSchemas = () => undefined

/** What a hash of a document must count beside its kinds. */
export function customSources(kinds: readonly KindEntry[], schemas: CustomSchemas): string {
  return kinds.map(({ def }) => JSON.stringify(schemas(def)?.v3 ?? '')).join('\n')
}
