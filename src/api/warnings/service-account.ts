// What is said of a ServiceAccount. In: the account. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { ServiceAccount } from '../types.gen.ts'
import { annotationWarnings } from './annotations.ts'

const oldAnnotations = {
  'kubernetes.io/enforce-mountable-secrets':
    'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
}

/** What was said before is not said again. */
export function accountWarnings(
  { metadata }: DraftOf<ServiceAccount>,
  previous: DraftOf<ServiceAccount> | undefined,
): string[] {
  const before = annotationWarnings(previous?.metadata?.annotations, oldAnnotations)
  return before.length > 0 ? [] : annotationWarnings(metadata?.annotations, oldAnnotations)
}
