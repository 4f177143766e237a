// The durable log: append-only segments and snapshots in one folder.
//   snapshot-<revision>.snap   everything that lived at that revision
//   log-<revision>.log         every change after that revision, up to the next file
// Opening takes the newest whole snapshot and replays the segments after it.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LogCorrupt, type LogDriver, type LogReader, type Snapshot } from '../driver.ts'
import { openLocalStore } from '../local-store.ts'
import type { Entry, Store } from '../store.ts'
import { decodeRecords, encodeFrame, findFrame, frameType, readFrame } from './frames.ts'
import { lockFolder } from './lock.ts'
import { openSegment, type Segment } from './segment.ts'

const snapshotFrameBytes = 1 << 20

export interface LogOptions {
  /** A snapshot is due when the log is larger than this and than twice the last snapshot. */
  readonly snapshotAboveBytes?: number
}

/** A store in `folder`, made if need be. Throws LogCorrupt, FolderInUse. */
export async function logStore(folder: string, options?: LogOptions): Promise<Store> {
  return openLocalStore(await openLog(folder, options))
}

export async function openLog(folder: string, options: LogOptions = {}): Promise<LogDriver> {
  const { snapshotAboveBytes = 32 << 20 } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const unlock = await lockFolder(folder)
  let segment: Segment | undefined
  let olderBytes = 0
  let snapshotBytes = 0
  let lastRevision = 1
  let rotating: Promise<void> = Promise.resolve()

  async function load(reader: LogReader): Promise<void> {
    const files = await listFiles(folder)
    const base = await loadSnapshot(folder, files.snapshots, reader)
    snapshotBytes = base.bytes
    lastRevision = base.revision
    const segments = files.segments.filter(({ revision }) => revision >= base.segmentsFrom)
    let size = 0
    for (const [i, { name, revision }] of segments.entries()) {
      const file = await readFile(join(folder, name))
      size = replay(file, join(folder, name), i === segments.length - 1, (record) => {
        if (record.revision <= base.revision) return
        if (record.revision !== lastRevision + 1) {
          throw new LogCorrupt(`${join(folder, name)}: revision ${lastRevision + 1} is missing`)
        }
        lastRevision = record.revision
        // A segment's buffer holds dead values too, so live ones move out of it.
        reader.record({ ...record, value: record.value && Uint8Array.from(record.value) })
      })
      if (revision < lastRevision) olderBytes += size
    }
    const last = segments.at(-1)
    olderBytes -= last ? size : 0
    segment = await openSegment(join(folder, last?.name ?? segmentName(lastRevision)), size)
    await syncFolder(folder)
    await removeOlder(files, base.segmentsFrom, base.revision)
  }

  async function removeOlder(files: Files, segmentsFrom: number, revision: number): Promise<void> {
    const stale = [
      ...files.segments.filter((file) => file.revision < segmentsFrom),
      ...files.snapshots.filter((file) => file.revision < revision),
    ]
    for (const { name } of stale) await rm(join(folder, name), { force: true })
    for (const name of files.unfinished) await rm(join(folder, name), { force: true })
  }

  async function rotate(revision: number): Promise<void> {
    olderBytes += segment?.size ?? 0
    await segment?.close()
    segment = await openSegment(join(folder, segmentName(revision)))
    await syncFolder(folder)
  }

  return {
    load,
    async append(records) {
      await rotating
      const frame = encodeFrame(
        frameType.batch,
        records.map((record) => ({ ...record, createRevision: 0 })),
      )
      await segment?.append(frame)
      lastRevision = records.at(-1)?.revision ?? lastRevision
    },
    wantsSnapshot() {
      const bytes = olderBytes + (segment?.size ?? 0)
      return bytes > snapshotAboveBytes && bytes > 2 * snapshotBytes
    },
    async writeSnapshot(snapshot) {
      // Set before the first await: an append that comes now goes to the new segment.
      rotating = rotate(snapshot.revision)
      await rotating
      snapshotBytes = await saveSnapshot(folder, snapshot)
      olderBytes = 0
      await removeOlder(await listFiles(folder), snapshot.revision, snapshot.revision)
    },
    async [Symbol.asyncDispose]() {
      await rotating.catch(() => {})
      await segment?.close()
      await unlock()
    },
  }
}

interface NamedFile {
  readonly name: string
  readonly revision: number
}

interface Files {
  readonly snapshots: readonly NamedFile[]
  readonly segments: readonly NamedFile[]
  readonly unfinished: readonly string[]
}

const digits = (revision: number) => String(revision).padStart(16, '0')
const segmentName = (revision: number) => `log-${digits(revision)}.log`
const snapshotName = (revision: number) => `snapshot-${digits(revision)}.snap`

/** Both lists oldest first. */
async function listFiles(folder: string): Promise<Files> {
  const names = (await readdir(folder)).sort()
  const numbered = (form: RegExp) =>
    names.flatMap((name) => {
      const revision = form.exec(name)?.[1]
      return revision === undefined ? [] : [{ name, revision: Number(revision) }]
    })
  return {
    snapshots: numbered(/^snapshot-(\d{16})\.snap$/),
    segments: numbered(/^log-(\d{16})\.log$/),
    unfinished: names.filter((name) => name.endsWith('.tmp')),
  }
}

interface Base {
  readonly revision: number
  /** Segments named from this revision on are needed. */
  readonly segmentsFrom: number
  readonly bytes: number
}

/** Takes the newest snapshot; a damaged one is passed over while older files can stand in. */
async function loadSnapshot(
  folder: string,
  snapshots: readonly NamedFile[],
  reader: LogReader,
): Promise<Base> {
  for (const { name, revision } of snapshots.toReversed()) {
    const file = await readFile(join(folder, name))
    const entries = readSnapshot(file)
    if (!entries) continue
    reader.snapshot({ revision, entries })
    return { revision, segmentsFrom: revision, bytes: file.length }
  }
  if (snapshots.length > 0) {
    throw new LogCorrupt(
      `${join(folder, snapshots.at(-1)?.name ?? '')} is damaged, and there is no older one`,
    )
  }
  return { revision: 1, segmentsFrom: 0, bytes: 0 }
}

function readSnapshot(file: Buffer): Entry[] | undefined {
  const entries: Entry[] = []
  for (let at = 0; ; ) {
    const frame = readFrame(file, at)
    if (!frame) return undefined
    if (frame.type === frameType.end) return entries
    for (const { value, ...record } of decodeRecords(frame.payload)) {
      if (value) entries.push({ ...record, value })
    }
    at = frame.end
  }
}

async function saveSnapshot(folder: string, { revision, entries }: Snapshot): Promise<number> {
  const path = join(folder, snapshotName(revision))
  const file = await open(`${path}.tmp`, 'w', 0o600)
  let size = 0
  try {
    let batch: Entry[] = []
    let bytes = 0
    const flush = async () => {
      const frame = encodeFrame(frameType.entries, batch)
      await file.writeFile(frame)
      size += frame.length
      batch = []
      bytes = 0
    }
    for (const entry of entries) {
      batch.push(entry)
      bytes += entry.value.length
      if (bytes > snapshotFrameBytes) await flush()
    }
    await flush()
    await file.writeFile(encodeFrame(frameType.end, []))
    await file.sync()
  } catch (error) {
    await rm(`${path}.tmp`, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(`${path}.tmp`, path)
  await syncFolder(folder)
  return size
}

/** Hands over every record and returns the size of the good part. */
function replay(
  file: Buffer,
  path: string,
  isLast: boolean,
  take: (record: { key: string; value: Uint8Array | undefined; revision: number }) => void,
): number {
  let at = 0
  for (let frame = readFrame(file, at); frame; frame = readFrame(file, at)) {
    for (const { key, value, revision } of decodeRecords(frame.payload))
      take({ key, value, revision })
    at = frame.end
  }
  const isDamaged = findFrame(file, at) >= 0 || (!isLast && at < file.length && !isZero(file, at))
  if (isDamaged) {
    throw new LogCorrupt(
      `${path} is damaged at byte ${at}: acknowledged writes after it would be lost`,
    )
  }
  return at
}

const isZero = (file: Buffer, from: number) => file.subarray(from).every((byte) => byte === 0)

/** Makes names in the folder durable: new files and renames are entries of the folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync()
  await handle.close()
}
