// The latest changes of the store, in memory: what watches read from. Bounded by number and by
// bytes; what falls out is read from etcd's own history.

import { type Change, Compacted } from '../../store.ts'
import { firstFrom } from '../../versions.ts'

const most = { changes: 20_000, bytes: 64 * 1024 * 1024 }

export interface ChangeWindow {
  /** All changes after `base` and up to `revision` are here. */
  readonly base: number
  readonly revision: number
  /** Adds changes of whole revisions, in order; those that are here already are left out. */
  add(changes: readonly Change[]): readonly Change[]
  /** Changes from `revision` on: about `limit`, and always whole revisions. Throws Compacted. */
  changesFrom(revision: number, limit: number): readonly Change[]
  /** Forgets what was up to `revision`. */
  forget(revision: number): void
}

export function createWindow(start: number): ChangeWindow {
  let changes: Change[] = []
  let bytes = 0
  let base = start
  let revision = start

  function drop(count: number): void {
    for (const change of changes.slice(0, count)) bytes -= sizeOf(change)
    changes = changes.slice(count)
  }

  function trim(): void {
    if (changes.length <= most.changes && bytes <= most.bytes) return
    let kept = bytes
    let count = 0
    // Half at once, so that the array is not moved for every change.
    while (changes.length - count > most.changes / 2 || kept > most.bytes / 2) {
      const change = changes[count++]
      if (!change) break
      kept -= sizeOf(change)
      base = change.revision
    }
    drop(Math.max(count, firstFrom(changes, base + 1)))
  }

  return {
    get base() {
      return base
    },
    get revision() {
      return revision
    },
    add(more) {
      const fresh = more.filter((change) => change.revision > revision)
      for (const change of fresh) {
        changes.push(change)
        bytes += sizeOf(change)
      }
      revision = fresh.at(-1)?.revision ?? revision
      trim()
      return fresh
    },
    changesFrom(from, limit) {
      if (from <= base) throw new Compacted(base)
      const start = firstFrom(changes, from)
      const last = changes[start + limit - 1]
      return changes.slice(start, last ? firstFrom(changes, last.revision + 1) : changes.length)
    },
    forget(upTo) {
      if (upTo <= base) return
      drop(firstFrom(changes, upTo + 1))
      base = upTo
      revision = Math.max(revision, upTo)
    },
  }
}

function sizeOf({ value, previous }: Change): number {
  return 200 + value.length + (previous?.value.length ?? 0)
}
