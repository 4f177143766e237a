// Who set which field, for the registry: requests and resources in the terms of
// src/api/managed-fields, which holds the rules.

import { asDraft, type Draft } from '../../api/draft.ts'
import {
  applyFields,
  type FieldWriter,
  recordFields,
} from '../../api/managed-fields/field-management.ts'
import { shapeOfSchema } from '../../api/managed-fields/schema-shape.ts'
import type { Resource } from './resource.ts'
import type { FieldManagement, FieldManager } from './write.ts'

export const fieldManagement: FieldManagement = {
  record(draft, old, by) {
    recordFields(draft, old && asDraft(old), writerOf(by))
  },
  apply(current, configuration, by): Draft {
    return applyFields(current && asDraft(current), configuration, {
      ...writerOf(by),
      force: by.force,
    })
  },
}

type Written = Pick<FieldWriter, 'target' | 'shape'>

/** The same for all writes of a resource. */
const writtenAs = new WeakMap<Resource, Written>()

function writerOf({ resource, target, manager, subresource, now }: FieldManager): FieldWriter {
  if (target) return { target: { ...target, hasStatus: true }, manager, subresource, now }
  let written = writtenAs.get(resource)
  if (!written) {
    const { entry } = resource
    const hasStatus = entry.subresources?.['status'] !== undefined
    const shape = entry.def ? undefined : shapeOfSchema(resource.schema)
    written = { target: { ...entry, hasStatus }, shape }
    writtenAs.set(resource, written)
  }
  return { ...written, manager, subresource, now }
}
