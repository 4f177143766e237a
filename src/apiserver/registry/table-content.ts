// Columns and cells of a kind's Table.

import type { KindEntry } from '../../api/kinds.ts'
import type { ApiObject } from './api-object.ts'
import type { TableContent } from './resource.ts'

export function tableContent(
  _entry: KindEntry,
  objects: readonly ApiObject[],
  _now: Date,
): TableContent {
  return {
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Created At', type: 'date', format: '', description: '', priority: 0 },
    ],
    cells: objects.map(({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '']),
  }
}
