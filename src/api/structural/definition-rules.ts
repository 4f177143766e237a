// The rules of the kind CustomResourceDefinition: storedVersions, and what is checked.

import type { FieldError } from '../field-error.ts'
import { rulesFor } from '../rules/kind-rule.ts'
import type { CustomResourceDefinition } from '../types.gen.ts'
import { approvalErrors } from './api-approval.ts'
import { type Definition, definitionErrors, definitionUpdateErrors } from './definition-errors.ts'

export const definitionRules = rulesFor<CustomResourceDefinition>({
  allowsUnconditionalUpdate: false,
  generation: ['spec'],
  prepareForCreate: keepStoredVersion,
  prepareForUpdate: keepStoredVersion,
  validateCreate: (definition) => [...definitionErrors(definition), ...approvalErrors(definition)],
  validateUpdate: (next, previous): FieldError[] => [
    ...definitionUpdateErrors(next, previous),
    ...approvalErrors(next, previous),
  ],
})

/** Every version that was ever the storage version is remembered: objects may be kept in it. */
function keepStoredVersion(definition: Definition): void {
  const { spec } = definition
  const kept = spec?.versions?.find(({ storage }) => storage)?.name
  if (kept === undefined) return
  const stored = definition.status?.storedVersions ?? []
  if (stored.includes(kept)) return
  definition.status = { ...definition.status, storedVersions: [...stored, kept] }
}
