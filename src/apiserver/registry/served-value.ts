// Stored values as they are spliced into answers. Built-in kinds are kept as they are served. Values
// of other kinds are looked at once: what comes out of conversion as it went in, but for the head,
// is not parsed again as long as its bytes live.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeServed } from './object-form.ts'
import type { Resource } from './resource.ts'
import { encodeStored, type Layout, type Revised } from './stored-bytes.ts'

/** Values made anew in one turn. */
const valuesPerTurn = 50

/** By which values are spliced. */
export function servedLayout({ storage }: Resource): Layout {
  return storage.splicing?.layout ?? storage.layout
}

/** What is to be served of a stored value: itself where it may be. */
export function servedValue(resource: Resource, stored: Revised): Revised {
  const { splicing, layout } = resource.storage
  const { value, revision } = stored
  if (!splicing || splicing.unchanged.has(value)) return stored
  // With the head of what is kept: the served one takes its place.
  const made = encodeStored(layout, decodeServed(resource, stored))
  if (!made.equals(value)) return { value: made, revision }
  splicing.unchanged.add(value)
  return stored
}

/** Of a whole list; others get their turn where much is to be made. */
export async function servedValues(
  resource: Resource,
  entries: readonly Revised[],
): Promise<readonly Revised[]> {
  const { splicing } = resource.storage
  if (!splicing) return entries
  const served: Revised[] = []
  let made = 0
  for (const entry of entries) {
    if (!splicing.unchanged.has(entry.value) && ++made % valuesPerTurn === 0) await nextTurn()
    served.push(servedValue(resource, entry))
  }
  return served
}
