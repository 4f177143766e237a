// Owner references that say the same twice: dropped, with a warning in upstream's words.

import { childOf, type Draft, isSame } from '../../api/draft.ts'

export function dropRepeatedOwners(draft: Draft, warnings: string[]): void {
  const metadata = childOf(draft, 'metadata')
  const references = metadata['ownerReferences']
  if (!Array.isArray(references) || references.length < 2) return
  const isRepeat = (index: number) =>
    references.slice(0, index).some((earlier) => isSame(earlier, references[index]))
  const repeats = references.filter((_, index) => isRepeat(index))
  if (repeats.length === 0) return
  metadata['ownerReferences'] = references.filter((_, index) => !isRepeat(index))
  const uids = repeats.map((reference) => (reference as Draft)['uid']).join(', ')
  warnings.push(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  )
}
