// Which changes of a resource a watcher is to see, and as what: an object that begins to match a
// selector is ADDED, one that no longer matches is DELETED with its last matching state.

import type { Change } from '../../store/store.ts'
import type { Revised } from '../registry/stored-bytes.ts'

export interface Filter {
  /** Equal for watchers that see the same events. */
  readonly key: string
  /** Of all keys that may be in scope. */
  readonly prefix: string
  readonly isKeyInScope: (key: string) => boolean
  /** Absent: every object in scope. */
  readonly matches: ((value: Uint8Array) => boolean) | undefined
}

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** For DELETED the last state, at the revision of its end. */
  readonly stored: Revised
}

export function eventOf(change: Change, filter: Filter): ObjectEvent | undefined {
  if (!filter.isKeyInScope(change.key)) return undefined
  const { value, revision, previous } = change
  const now = change.type === 'put' && isMatch(filter, value)
  const before = previous !== undefined && isMatch(filter, previous.value)
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', stored: { value, revision } }
  if (before) return { type: 'DELETED', stored: { value: previous.value, revision } }
  return undefined
}

function isMatch({ matches }: Filter, value: Uint8Array): boolean {
  return !matches || matches(value)
}
