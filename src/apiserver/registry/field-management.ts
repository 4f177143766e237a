// Who set which field, for the registry: requests and resources in the terms of
// src/api/managed-fields, which holds the rules.

import { asDraft, copyOf, type Draft } from '../../api/draft.ts'
import {
  applyFields,
  type FieldWriter,
  recordFields,
} from '../../api/managed-fields/field-management.ts'
import { shapeOfSchema } from '../../api/managed-fields/schema-shape.ts'
import type { FieldManagement, FieldManager } from './write.ts'

export const fieldManagement: FieldManagement = {
  record(draft, old, by) {
    recordFields(draft, old && asDraft(old), writerOf(by))
  },
  apply(current, configuration, by): Draft {
    const live = current && copyOf(asDraft(current))
    return applyFields(live, configuration, { ...writerOf(by), force: by.force })
  },
}

function writerOf({ resource, manager, subresource, now }: FieldManager): FieldWriter {
  const { entry } = resource
  const hasStatus = entry.subresources?.['status'] !== undefined
  const shape = entry.def ? undefined : shapeOfSchema(resource.schema)
  return { target: { ...entry, hasStatus }, shape, manager, subresource, now }
}
