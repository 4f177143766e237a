// Conflicts of a server-side apply, as the API says them.

import { StatusError } from '../status-error.ts'
import { placeText } from './field-set.ts'
import type { Manager } from './managers.ts'

export interface Conflict {
  /** Who owns the place. */
  readonly manager: Manager
  readonly steps: readonly string[]
}

export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, steps }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(manager)}`,
    field: placeText(steps),
  }))
  return new StatusError('Conflict', message(conflicts), { causes })
}

function message(conflicts: readonly Conflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first) {
    const { manager, steps } = first
    return `Apply failed with 1 conflict: conflict with ${managerText(manager)}: ${placeText(steps)}`
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => managerText(manager))
  const lines = [...byManager]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([text, list]) => [
      `conflicts with ${text}:`,
      ...list.map(({ steps }) => `- ${placeText(steps)}`),
    ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const start = JSON.stringify(name)
  const through = subresource ? `${start} with subresource ${JSON.stringify(subresource)}` : start
  return operation === 'Update' ? `${through} using ${apiVersion}` : through
}
