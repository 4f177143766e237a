// What is said of annotations that are no longer in use. In: an object's annotations, and of each that
// is out of use why. Out: sentences.

import { when } from '../validation/checks.ts'
import { at } from '../validation/field-path.ts'

export type Annotations = Readonly<Record<string, string | undefined>>

export function annotationWarnings(
  annotations: Annotations | undefined,
  outOfUse: Readonly<Record<string, string>>,
  path = 'metadata.annotations',
): string[] {
  if (!annotations) return []
  return Object.entries(outOfUse).flatMap(([key, said]) =>
    when(annotations[key] !== undefined, `${at(path, key)}: ${said}`),
  )
}
