// JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces.

import { copyOf, type Draft, type DraftValue, isDraft, ownOf, setOwn } from '../draft.ts'

/** The patched document; the one given stays as it is. */
export function applyMergePatch(document: Draft, patch: Draft): Draft {
  const result: Draft = { ...document }
  for (const [key, change] of Object.entries(patch)) {
    if (change === null || change === undefined) delete result[key]
    else setOwn(result, key, merged(ownOf(result, key), change))
  }
  return result
}

function merged(present: DraftValue | undefined, change: DraftValue): DraftValue {
  if (!isDraft(change)) return copyOf(change)
  return applyMergePatch(isDraft(present) ? present : {}, change)
}
