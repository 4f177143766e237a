// One file on the simulated disk: what the system has in memory, what the disk holds, and what lies
// between. In: writes, truncations, syncs. Out: after a power cut, anything that a disk may hold.

import type { Random } from '../../src/lib/random.ts'

type Change =
  | { readonly type: 'write'; readonly bytes: Uint8Array; readonly position: number }
  | { readonly type: 'truncate'; readonly size: number }

const sectorBytes = 512

export interface SimFile {
  readonly cached: Buffer
  readonly durable: Buffer
  change(change: Change): void
  /** A failed one loses what it does not write: the system takes it for written from then on. */
  sync(isFailing: boolean): void
  /** The system forgets what it believes to be on the disk, and reads it again. */
  evict(): void
  /** Of what was never synced, any part may be there: in any order, torn at any byte. */
  cutPower(): void
  flipBit(): void
}

export function createSimFile(random: Random): SimFile {
  let cached: Buffer = Buffer.alloc(0)
  let durable: Buffer = Buffer.alloc(0)
  let unsynced: Change[] = []

  function persistSome(): void {
    for (const change of unsynced) {
      if (change.type === 'write') for (const part of torn(change, random)) apply(part)
      else if (random.below(2) === 0) durable = changed(durable, change)
    }
    unsynced = []
  }
  function apply(part: Change): void {
    durable = changed(durable, part)
  }

  return {
    get cached() {
      return cached
    },
    get durable() {
      return durable
    },
    change(change) {
      cached = changed(cached, change)
      unsynced.push(change)
    },
    sync(isFailing) {
      if (isFailing) return persistSome()
      for (const change of unsynced) apply(change)
      unsynced = []
    },
    evict() {
      if (unsynced.length === 0) cached = Buffer.from(durable)
    },
    cutPower() {
      persistSome()
      cached = Buffer.from(durable)
    },
    flipBit() {
      const at = random.below(durable.length)
      const flipped = (durable[at] ?? 0) ^ (1 << random.below(8))
      // A byte that becomes zero cannot be told from one that was never written.
      if (flipped !== 0) durable[at] = flipped
      cached = Buffer.from(durable)
    },
  }
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.type === 'truncate') {
    const { size } = change
    if (size <= content.length) return content.subarray(0, size)
    return Buffer.concat([content, Buffer.alloc(size - content.length)])
  }
  const { bytes, position } = change
  const end = position + bytes.length
  const size = Math.max(content.length, end)
  const next = Buffer.alloc(size)
  next.set(content)
  next.set(bytes, position)
  return next
}

/** The parts of a write that reached the disk. */
function torn(write: Extract<Change, { type: 'write' }>, random: Random): Change[] {
  const { bytes, position } = write
  const kind = random.below(4)
  if (kind === 0) return []
  if (kind === 1) return [write]
  if (kind === 2) return [{ ...write, bytes: bytes.subarray(0, random.below(bytes.length + 1)) }]
  const parts: Change[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = Math.min(bytes.length, at + sectorBytes - ((position + at) % sectorBytes))
    if (random.below(2) === 0) {
      parts.push({ type: 'write', bytes: bytes.subarray(at, next), position: position + at })
    }
    at = next
  }
  return parts
}
