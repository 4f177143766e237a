// A snapshot as a file: frames of entries and a frame that says it is whole. It gets its name once
// it is durable, so a snapshot with a name was whole at least once.

import type { Snapshot } from '../driver.ts'
import type { Entry } from '../store.ts'
import type { Disk } from './disk.ts'
import { decodeRecords, encodeFrame, frameType, readFrame } from './frames.ts'
import { snapshotPath } from './log-files.ts'

const frameBytes = 1 << 20

/** Undefined when it is damaged. Values leave the file's buffer, which would outlive most of them. */
export function readSnapshot(file: Buffer): Entry[] | undefined {
  const entries: Entry[] = []
  for (let at = 0; ; ) {
    const frame = readFrame(file, at)
    if (!frame) return undefined
    if (frame.type === frameType.end) return entries
    for (const { value, ...record } of decodeRecords(frame.payload)) {
      if (value) entries.push({ ...record, value: new Uint8Array(value) })
    }
    at = frame.end
  }
}

/** Durable, with its name, when it resolves to its size in bytes. */
export async function saveSnapshot(
  disk: Disk,
  folder: string,
  { revision, entries }: Snapshot,
): Promise<number> {
  const path = snapshotPath(folder, revision)
  const size = await writeWhole(disk, `${path}.tmp`, framesOf(entries))
  await disk.rename(`${path}.tmp`, path)
  await disk.syncFolder(folder)
  return size
}

async function writeWhole(disk: Disk, path: string, frames: Iterable<Buffer>): Promise<number> {
  const file = await disk.open(path)
  let size = 0
  try {
    await file.truncate(0)
    for (const frame of frames) {
      await file.write(frame, size)
      size += frame.length
    }
    await file.sync()
    return size
  } catch (error) {
    await disk.remove(path).catch(() => {})
    throw error
  } finally {
    await file.close().catch(() => {})
  }
}

function* framesOf(entries: Iterable<Entry>): Generator<Buffer> {
  let batch: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    batch.push(entry)
    bytes += entry.value.length
    if (bytes <= frameBytes) continue
    yield encodeFrame(frameType.entries, batch)
    batch = []
    bytes = 0
  }
  yield encodeFrame(frameType.entries, batch)
  yield encodeFrame(frameType.end, [])
}
