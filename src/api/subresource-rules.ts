// What the endpoints below an object may write: its status, its finalizers, an approval.

import type { Draft } from './draft.ts'
import type { KindEntry } from './kinds.ts'
import { restore } from './prepare.ts'
import type { EndpointRules, KindRules } from './rules/kind-rule.ts'

/** undefined for subresources that are no view of the object itself (log, scale, binding ...). */
export function subresourceRules(
  entry: KindEntry,
  rules: KindRules,
  name: string,
): Required<EndpointRules> | undefined {
  const subresource = entry.subresources?.[name]
  if (subresource?.def !== entry.def) return undefined
  const own = rules.endpoints?.[name]
  return {
    prepareForUpdate: own?.prepareForUpdate ?? keepAllBut(writtenParts[name] ?? ['status']),
    validateUpdate: own?.validateUpdate ?? (() => []),
  }
}

/** What an endpoint writes of the object, besides its metadata. */
const writtenParts: Readonly<Record<string, readonly string[]>> = {
  status: ['status'],
  finalize: ['spec'],
  approval: ['status'],
}

function keepAllBut(written: readonly string[]): (next: Draft, previous: Draft) => void {
  const free = ['apiVersion', 'kind', 'metadata', ...written]
  return (next, previous) => {
    const fields = new Set([...Object.keys(next), ...Object.keys(previous)])
    for (const field of fields) if (!free.includes(field)) restore(next, previous, field)
  }
}
