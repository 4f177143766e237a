// The Table of a custom resource: its name, then the columns of its definition, found by JSONPath.

import { humanDuration } from '../../api/columns/duration.ts'
import { type Draft, type DraftValue, isDraft } from '../../api/draft.ts'
import { compileJsonPath, type FindAll, JsonPathError } from '../../api/structural/json-path.ts'
import type { ColumnDefinition, TableForm } from '../../api/table.ts'
import type { CustomResourceColumnDefinition } from '../../api/types.gen.ts'

type Column = CustomResourceColumnDefinition

/** What is shown where a definition names no columns. */
const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
}

const nameColumn: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique among those of its kind in a namespace.',
  priority: 0,
}

type Cell = (object: Draft, nowMs: number) => DraftValue

export function customTable(columns: readonly Column[] | undefined): TableForm {
  const shown = columns && columns.length > 0 ? columns : [ageColumn]
  const cells = shown.map(cellOf)
  return {
    columns: [nameColumn, ...shown.map(columnDefinition)],
    row: (object, { now, includeObject }) => ({
      cells: [nameOf(object), ...cells.map((cell) => cell(object, now.getTime()))],
      object: includeObject === 'None' ? null : object,
    }),
  }
}

function columnDefinition({ name, type, format, description, jsonPath, priority }: Column) {
  return {
    name,
    type,
    format: format ?? '',
    description:
      description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
  }
}

function nameOf({ metadata }: Draft): DraftValue {
  return isDraft(metadata) ? (metadata['name'] ?? '') : ''
}

function cellOf({ type, jsonPath }: Column): Cell {
  const find = findOf(jsonPath)
  return (object, nowMs) => {
    const [value] = find(object)
    return value === undefined || value === null ? null : shownAs(type, value, nowMs)
  }
}

/** A path that cannot be read shows nothing. */
function findOf(jsonPath: string): FindAll {
  try {
    return compileJsonPath(jsonPath)
  } catch (error) {
    if (error instanceof JsonPathError) return () => []
    throw error
  }
}

function shownAs(type: string, value: DraftValue, nowMs: number): DraftValue {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? ageOf(value, nowMs) : null
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

function ageOf(text: string, nowMs: number): string {
  const time = Date.parse(text)
  return Number.isNaN(time) ? '<invalid>' : humanDuration(nowMs - time)
}
