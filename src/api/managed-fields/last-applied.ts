// The annotation in which kubectl's client-side apply keeps what it applied: read to let kubectl
// take over its own fields, and kept true while kubectl applies from the server's side.

import { copyOf, type Draft, isDraft } from '../draft.ts'
import { type FieldSet, noFields } from './field-set.ts'
import type { Shape } from './shape.ts'
import { fieldSetOf, ShapeError } from './walk.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

function annotationsOf(object: Draft): Draft | undefined {
  const { metadata } = object
  const annotations = isDraft(metadata) ? metadata['annotations'] : undefined
  return isDraft(annotations) ? annotations : undefined
}

/** What was applied; empty when nothing was, or when it cannot be read. */
export function lastAppliedFields(object: Draft, shape: Shape): FieldSet {
  const text = annotationsOf(object)?.[annotation]
  if (typeof text !== 'string' || text === '') return noFields
  try {
    return fieldSetOf(shape, JSON.parse(text))
  } catch (error) {
    if (error instanceof ShapeError || error instanceof SyntaxError) return noFields
    throw error
  }
}

const annotationLimitBytes = 256 * 1024

/** Replaces the annotation, where there is one and it is kubectl that applies. */
export function withLastApplied(object: Draft, config: Draft, manager: string): Draft {
  const annotations = annotationsOf(object)
  if (manager !== 'kubectl' || annotations?.[annotation] === undefined) return object
  const applied = copyOf(config)
  const own = annotationsOf(applied)
  if (own) delete own[annotation]
  const text = `${JSON.stringify(applied)}\n`
  if (Buffer.byteLength(text) < annotationLimitBytes) annotations[annotation] = text
  return object
}
