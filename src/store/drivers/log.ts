// The durable log: append-only segments and snapshots in one folder (log-files.ts, replay.ts).
// In: batches of records, each synced before it is acknowledged. A segment that fails is left for
// a new one, so that what is acknowledged never follows bytes that nobody is sure of.

import assert from 'node:assert/strict'
import type { LogDriver, LogReader } from '../driver.ts'
import { openLocalStore } from '../local-store.ts'
import type { Store } from '../store.ts'
import { type Disk, systemDisk } from './disk.ts'
import { encodeFrame, frameType } from './frames.ts'
import { type LogFiles, listFiles, segmentPath } from './log-files.ts'
import { replay } from './replay.ts'
import { diskFailure, openSegment, type Segment } from './segment.ts'
import { saveSnapshot } from './snapshot-file.ts'

export interface LogOptions {
  /** A snapshot is due when the log is larger than this and than twice the last snapshot. */
  readonly snapshotAboveBytes?: number
  /** Room that a segment takes ahead of its frames. */
  readonly reserveBytes?: number
  readonly disk?: Disk
}

/** A store in `folder`, made if need be. Throws LogCorrupt, FolderInUse. */
export async function logStore(folder: string, options?: LogOptions): Promise<Store> {
  return openLocalStore(await openLog(folder, options))
}

export async function openLog(folder: string, options: LogOptions = {}): Promise<LogDriver> {
  const { snapshotAboveBytes = 32 << 20, reserveBytes = 1 << 20, disk = systemDisk } = options
  await disk.makeFolder(folder)
  const unlock = await disk.lock(folder)
  /** Absent: the one before is full or failed, and the next append begins another. */
  let segment: Segment | undefined
  let olderBytes = 0
  let snapshotBytes = 0
  /** After a snapshot that failed the next one waits for the log to have grown to this. */
  let retryAboveBytes = 0
  let lastRevision = 1
  /** Never rejects. */
  let rotating: Promise<unknown> = Promise.resolve()

  async function load(reader: LogReader): Promise<void> {
    const files = await listFiles(disk, folder)
    const replayed = await replay(disk, files, reader)
    ;({ lastRevision, snapshotBytes, olderBytes } = replayed)
    const { base, last } = replayed
    segment = last
      ? await openSegment({ disk, path: last.file.path, reserveBytes }, last.start)
      : await beginSegment()
    await disk.syncFolder(folder)
    await removeOlder(files, base)
  }

  async function beginSegment(): Promise<Segment> {
    const path = segmentPath(folder, lastRevision)
    const begun = await openSegment({ disk, path, reserveBytes })
    try {
      await disk.syncFolder(folder)
    } catch (error) {
      await begun.close()
      throw diskFailure(error, path)
    }
    return begun
  }

  async function endSegment(): Promise<void> {
    const ended = segment
    segment = undefined
    olderBytes += ended?.size ?? 0
    await ended?.close()
  }

  async function rotate(): Promise<void> {
    if (segment?.path === segmentPath(folder, lastRevision)) return
    await endSegment()
    segment = await beginSegment()
  }

  async function removeOlder(files: LogFiles, revision: number): Promise<void> {
    const stale = [...files.segments, ...files.snapshots].filter((file) => file.revision < revision)
    for (const path of [...stale.map((file) => file.path), ...files.unfinished]) {
      await disk.remove(path)
    }
  }

  const logBytes = () => olderBytes + (segment?.size ?? 0)

  return {
    load,
    async append(records) {
      const frame = encodeFrame(frameType.batch, records)
      await rotating
      segment ??= await beginSegment()
      try {
        await segment.append(frame)
      } catch (error) {
        if (segment.isBroken) await endSegment()
        throw error
      }
      lastRevision = records.at(-1)?.revision ?? lastRevision
    },
    wantsSnapshot() {
      return logBytes() > Math.max(snapshotAboveBytes, 2 * snapshotBytes, retryAboveBytes)
    },
    async writeSnapshot(snapshot) {
      assert(snapshot.revision === lastRevision, 'a snapshot is of all that was appended')
      retryAboveBytes = logBytes() + snapshotAboveBytes / 4
      // Set before the first await: an append that comes now goes to the new segment.
      const rotated = rotate()
      rotating = rotated.catch(() => {})
      await rotated
      snapshotBytes = await saveSnapshot(disk, folder, snapshot)
      olderBytes = 0
      retryAboveBytes = 0
      await removeOlder(await listFiles(disk, folder), snapshot.revision)
    },
    async [Symbol.asyncDispose]() {
      await rotating
      await segment?.close()
      await unlock()
    },
  }
}
