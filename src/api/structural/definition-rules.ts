// The rules of the kind CustomResourceDefinition: storedVersions, and what is checked.

import { isSameMeaning } from '../draft.ts'
import type { FieldError } from '../field-error.ts'
import { rulesFor } from '../rules/kind-rule.ts'
import type { CustomResourceDefinition } from '../types.gen.ts'
import { approvalErrors } from './api-approval.ts'
import {
  acceptedNamesErrors,
  type Definition,
  definitionErrors,
  definitionUpdateErrors,
} from './definition-errors.ts'
import { isKnownFormat } from './formats.ts'
import { hasSchema, type Schema } from './schema.ts'

export const definitionRules = rulesFor<CustomResourceDefinition>({
  allowsUnconditionalUpdate: false,
  generation: ['spec'],
  prepareForCreate: keepStoredVersion,
  prepareForUpdate: keepStoredVersion,
  validateCreate: (definition) => [...definitionErrors(definition), ...approvalErrors(definition)],
  warnings: formatWarnings,
  validateUpdate: (next, previous): FieldError[] => [
    ...definitionUpdateErrors(next, previous),
    ...approvalErrors(next, previous),
  ],
  endpoints: { status: { validateUpdate: acceptedNamesErrors } },
})

/** Formats that nobody checks; on update those that are new. */
function formatWarnings(next: Definition, previous: Definition | undefined): string[] {
  const before = new Set(previous ? unknownFormats(previous) : [])
  return unknownFormats(next)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}

/** Of schemas that all versions share once. */
function unknownFormats({ spec }: Definition): string[] {
  const schemas = (spec?.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema)
  const isShared = schemas.every((schema) => isSameMeaning(schema, schemas[0]))
  return (isShared ? schemas.slice(0, 1) : schemas).flatMap((schema) => {
    const found: string[] = []
    hasSchema(schema as Schema | undefined, (part) => {
      if (part.format && !isKnownFormat(part)) found.push(part.format)
      return false
    })
    return found
  })
}

/** Every version that was ever the storage version is remembered: objects may be kept in it. */
function keepStoredVersion(definition: Definition): void {
  const { spec } = definition
  const kept = spec?.versions?.find(({ storage }) => storage)?.name
  if (kept === undefined) return
  const stored = definition.status?.storedVersions ?? []
  if (stored.includes(kept)) return
  definition.status = { ...definition.status, storedVersions: [...stored, kept] }
}
