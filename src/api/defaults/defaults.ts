// The defaults of every kind: fields that the server fills in when a client leaves them out.

import type { Draft } from '../draft.ts'
import type { KindEntry } from '../kinds.ts'

type Defaults = (object: Draft) => void

const table: Readonly<Record<string, Defaults>> = {}

/** Fills in what is missing; `object` is in its kind's form (see conform). */
export function applyKindDefaults({ group, version, kind }: KindEntry, object: Draft): void {
  table[`${group}/${version}/${kind}`]?.(object)
}
