// A draft keeps its identity while its content becomes another's.

import type { Draft } from '../../../api/draft.ts'

export function replaceDraft(draft: Draft, next: Draft): void {
  for (const key of Object.keys(draft)) if (!(key in next)) delete draft[key]
  Object.assign(draft, next)
}
