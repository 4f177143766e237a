// The form of an entry in the table of kinds' rules.

import { type Draft, type DraftOf, draftAs } from '../draft.ts'
import type { FieldError } from '../field-error.ts'
import type { GenerationParts } from '../prepare.ts'
import type { NameCheck } from '../validation/names.ts'

/** An endpoint below an object: what it writes and what it checks. */
export interface EndpointRules<D = Draft> {
  /** Puts back all that this endpoint does not write. */
  readonly prepareForUpdate?: (next: D, previous: D) => void
  readonly validateUpdate?: (next: D, previous: D) => FieldError[]
}

/** D is the object's view: any draft, or that of one kind. */
export interface KindRules<D = Draft> {
  readonly nameProblems: NameCheck
  /** The parts whose change counts the generation up; absent: the kind has no generation. */
  readonly generation?: GenerationParts
  readonly allowsUnconditionalUpdate?: boolean
  readonly allowsCreateOnUpdate?: boolean
  /** A client may give a status when it creates an object; else it is dropped. */
  readonly keepsStatusOnCreate?: boolean
  readonly prepareForCreate?: (object: D) => void
  readonly prepareForUpdate?: (next: D, previous: D) => void
  /** Beyond the metadata, on create and on update. */
  readonly validate?: (object: D) => FieldError[]
  readonly validateCreate?: (object: D) => FieldError[]
  readonly validateUpdate?: (next: D, previous: D) => FieldError[]
  /** What a client should know of a write that is fine; not of writes through endpoints. */
  readonly warnings?: (next: D, previous: D | undefined) => readonly string[]
  /** By the endpoint's name, where it is not as usual. */
  readonly endpoints?: Readonly<Record<string, EndpointRules<D>>>
}

/** Rules over a typed view as rules over drafts: the table's key says the kind. */
export function rulesFor<T>(rules: Partial<KindRules<DraftOf<T>>>): Partial<KindRules> {
  const { prepareForCreate, prepareForUpdate, endpoints, ...rest } = rules
  const { validate, validateCreate, validateUpdate, warnings, ...plain } = rest
  return {
    ...plain,
    ...(prepareForCreate && { prepareForCreate: one(prepareForCreate) }),
    ...(prepareForUpdate && { prepareForUpdate: two(prepareForUpdate) }),
    ...(validate && { validate: one(validate) }),
    ...(validateCreate && { validateCreate: one(validateCreate) }),
    ...(validateUpdate && { validateUpdate: two(validateUpdate) }),
    ...(warnings && { warnings: ofBoth(warnings) }),
    ...(endpoints && { endpoints: untyped(endpoints) }),
  }
}

function ofBoth<T>(
  rule: (next: DraftOf<T>, previous: DraftOf<T> | undefined) => readonly string[],
): NonNullable<KindRules['warnings']> {
  return (next, previous) => rule(draftAs<T>(next), previous && draftAs<T>(previous))
}

function untyped<T>(
  endpoints: Readonly<Record<string, EndpointRules<DraftOf<T>>>>,
): Record<string, EndpointRules> {
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, { prepareForUpdate, validateUpdate }]) => [
      name,
      {
        ...(prepareForUpdate && { prepareForUpdate: two(prepareForUpdate) }),
        ...(validateUpdate && { validateUpdate: two(validateUpdate) }),
      },
    ]),
  )
}

function one<T, R>(rule: (object: DraftOf<T>) => R): (object: Draft) => R {
  return (object) => rule(draftAs<T>(object))
}

function two<T, R>(
  rule: (next: DraftOf<T>, previous: DraftOf<T>) => R,
): (next: Draft, previous: Draft) => R {
  return (next, previous) => rule(draftAs<T>(next), draftAs<T>(previous))
}
