// What the server keeps of the previous object on every update, and when the generation counts up.

import { copyOf, type Draft, type DraftOf, draftAs, isDraft, isSameMeaning } from './draft.ts'
import type { ObjectMeta } from './types.gen.ts'

type Meta = DraftOf<ObjectMeta>

/** Fields that a client need not send back: taken from the previous object when missing. */
const kept = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

export function prepareMetadataForUpdate(next: Meta, previous: Meta): void {
  for (const field of kept) keepField(next, previous, field)
  if (previous.generation === undefined) delete next.generation
  else next.generation = previous.generation
  if (next.selfLink !== undefined) delete next.selfLink
}

function keepField<Name extends (typeof kept)[number]>(next: Meta, previous: Meta, field: Name) {
  if (next[field] === undefined && previous[field] !== undefined) next[field] = previous[field]
}

/** Parts of an object whose change is a new generation; `metadata.annotations` may be one. */
export type GenerationParts = readonly string[]

export function bumpGeneration(next: Draft, previous: Draft, parts: GenerationParts): void {
  if (parts.every((part) => isSameMeaning(partOf(next, part), partOf(previous, part)))) return
  const metadata = next['metadata']
  const before = previous['metadata']
  if (!isDraft(metadata) || !isDraft(before)) return
  metadata['generation'] = (draftAs<ObjectMeta>(before).generation ?? 0) + 1
}

function partOf(object: Draft, part: string): unknown {
  const [first = '', second] = part.split('.')
  const value = object[first]
  return second === undefined ? value : isDraft(value) ? value[second] : undefined
}

/** Puts the previous object's field back, whatever the client sent. */
export function restore(next: Draft, previous: Draft, field: string): void {
  const value = previous[field]
  if (value === undefined) delete next[field]
  else next[field] = copyOf(value)
}
