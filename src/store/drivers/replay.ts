// What a log's folder holds, read back: the newest whole snapshot, then every change after it.
// In: the files. Out: entries and records in order, and where appending goes on. Nothing is written.
//
// A segment named R makes void what earlier ones hold after R: it was begun when R was the last
// durable revision, and what a failed sync had left behind R was never acknowledged.

import { LogCorrupt, type LogReader } from '../driver.ts'
import type { Disk } from './disk.ts'
import { decodeRecords, findFrame, frameType, isDamagedFrame, readFrame } from './frames.ts'
import type { LogFiles, NumberedFile } from './log-files.ts'
import type { SegmentStart } from './segment.ts'
import { readSnapshot } from './snapshot-file.ts'

export interface Replayed {
  /** Of the snapshot; 1 where there is none. */
  readonly base: number
  readonly snapshotBytes: number
  readonly lastRevision: number
  /** The segment to append to; absent in an empty folder. */
  readonly last: { readonly file: NumberedFile; readonly start: SegmentStart } | undefined
  /** Bytes of the segments before it that are needed. */
  readonly olderBytes: number
}

/** Throws LogCorrupt when acknowledged writes are gone. */
export async function replay(disk: Disk, files: LogFiles, reader: LogReader): Promise<Replayed> {
  const { base, bytes: snapshotBytes } = await loadSnapshot(disk, files.snapshots, reader)
  const segments = files.segments.filter(({ revision }) => revision >= base || base === 1)
  let lastRevision = base
  let olderBytes = 0
  let last: Replayed['last']
  for (const [i, file] of segments.entries()) {
    if (file.revision > lastRevision) throw missing(file.path, lastRevision + 1)
    if (last) olderBytes += last.start.size
    const upTo = segments[i + 1]?.revision ?? Number.POSITIVE_INFINITY
    const read = readSegment(await disk.read(file.path), file.path, {
      after: lastRevision,
      upTo,
      reader,
    })
    lastRevision = read.lastRevision
    last = { file, start: read.start }
  }
  const newest = files.snapshots.at(-1)
  if (newest && newest.revision > lastRevision) throw missing(newest.path, lastRevision + 1)
  return { base, snapshotBytes, lastRevision, last, olderBytes }
}

/** Takes the newest snapshot; a damaged one is passed over while older files can stand in. */
async function loadSnapshot(
  disk: Disk,
  snapshots: readonly NumberedFile[],
  reader: LogReader,
): Promise<{ readonly base: number; readonly bytes: number }> {
  for (const { path, revision } of snapshots.toReversed()) {
    const file = await disk.read(path)
    const entries = readSnapshot(file)
    if (!entries) continue
    reader.snapshot({ revision, entries })
    return { base: revision, bytes: file.length }
  }
  const newest = snapshots.at(-1)
  if (newest) throw new LogCorrupt(`${newest.path} is damaged, and there is no older one`)
  return { base: 1, bytes: 0 }
}

interface Wanted {
  /** Records up to here are known already. */
  readonly after: number
  /** Records after this are void. */
  readonly upTo: number
  readonly reader: LogReader
}

function readSegment(file: Buffer, path: string, { after, upTo, reader }: Wanted) {
  let lastRevision = after
  let at = 0
  let lastFrame: SegmentStart['lastFrame']
  for (let frame = readFrame(file, at); frame; frame = readFrame(file, at)) {
    if (frame.type !== frameType.batch) throw damaged(path, at)
    for (const { key, value, revision } of decodeRecords(frame.payload)) {
      if (revision <= lastRevision || revision > upTo) continue
      if (revision !== lastRevision + 1) throw missing(path, lastRevision + 1)
      lastRevision = revision
      // A segment's buffer holds dead values too, so live ones move out of it.
      reader.record({ key, value: value && Uint8Array.from(value), revision })
    }
    lastFrame = { at, bytes: file.subarray(at, frame.end) }
    at = frame.end
  }
  const isWhole = lastRevision >= upTo
  if (!isWhole && (findFrame(file, at) >= 0 || isDamagedFrame(file, at))) throw damaged(path, at)
  return { lastRevision, start: { size: at, lastFrame } }
}

function damaged(path: string, at: number): LogCorrupt {
  return new LogCorrupt(
    `${path} is damaged at byte ${at}: acknowledged writes after it would be lost`,
  )
}

function missing(path: string, revision: number): LogCorrupt {
  return new LogCorrupt(`${path}: revision ${revision} is missing`)
}
