// Values that a Go type cannot hold, in encoding/json's words.

/** A value that its Go type cannot hold; the message is upstream's. */
export class ConformError extends Error {}

/** Where we are in the document: for messages only. */
export interface Place {
  /** spec . containers [0] ... as strict decoding names it. */
  readonly segments: string[]
  /** Field names alone, as encoding/json names it. */
  readonly fields: string[]
  struct: string
  readonly unknown: string[]
  readonly isPartial: boolean
}

/** encoding/json's words for a value of the wrong type. */
export function mismatch(
  value: unknown,
  type: string,
  place: Place,
  found = jsonTypeOf(value),
): ConformError {
  const where =
    place.fields.length === 0
      ? 'Go value'
      : `Go struct field ${place.struct.split('.').at(-1)}.${place.fields.join('.')}`
  return new ConformError(`json: cannot unmarshal ${found} into ${where} of type ${type}`)
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
