// What the endpoints below an object may write: its status, its finalizers, an approval.

import { type Draft, isDraft } from './draft.ts'
import type { FieldError } from './field-error.ts'
import type { KindEntry } from './kinds.ts'
import { restore } from './prepare.ts'

export interface SubresourceRules {
  prepareForUpdate(next: Draft, previous: Draft): void
  validateUpdate(next: Draft, previous: Draft): FieldError[]
}

/** undefined for subresources that are no view of the object itself (log, scale, binding ...). */
export function subresourceRules(entry: KindEntry, name: string): SubresourceRules | undefined {
  const subresource = entry.subresources?.[name]
  if (subresource?.def !== entry.def) return undefined
  return {
    prepareForUpdate: keepAllBut(writtenParts[name] ?? ['status']),
    validateUpdate: () => [],
  }
}

/** What each endpoint writes of the object. */
const writtenParts: Readonly<Record<string, readonly string[]>> = {
  status: ['status'],
  finalize: ['spec'],
  approval: ['status'],
  resize: ['spec'],
  ephemeralcontainers: ['spec'],
}

function keepAllBut(written: readonly string[]): (next: Draft, previous: Draft) => void {
  return (next, previous) => {
    const fields = new Set([...Object.keys(next), ...Object.keys(previous)])
    for (const field of fields) {
      const isKept = !['apiVersion', 'kind', 'metadata', ...written].includes(field)
      if (isKept) restore(next, previous, field)
    }
    if (isDraft(next['metadata']) && isDraft(previous['metadata'])) {
      restore(next['metadata'], previous['metadata'], 'ownerReferences')
    }
  }
}
