// One file of the log, open for appending. Room is reserved ahead as zeros, so that most syncs
// write data only and no file size; what lies after the frames is always zeros or nothing.

import { StoreFull, StoreUnavailable } from '../store.ts'
import type { Disk } from './disk.ts'

export interface Segment {
  readonly path: string
  /** Bytes that hold frames. */
  readonly size: number
  /** Nobody knows what the disk holds after `size`: no frame may follow in this file. */
  readonly isBroken: boolean
  /**
   * Durable when it resolves. StoreFull leaves the file as it was; after StoreUnavailable from a
   * broken segment the frame may or may not be there.
   */
  append(frame: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface SegmentPlace {
  readonly disk: Disk
  readonly path: string
  readonly reserveBytes: number
}

/** What a file holds that is to be appended to. */
export interface SegmentStart {
  /** Bytes that hold good frames; the rest is dropped. */
  readonly size: number
  readonly lastFrame: { readonly at: number; readonly bytes: Uint8Array } | undefined
}

const emptyStart: SegmentStart = { size: 0, lastFrame: undefined }

/** Opens the file, made if need be. All that it holds is durable when it resolves. */
export async function openSegment(
  { disk, path, reserveBytes }: SegmentPlace,
  start = emptyStart,
): Promise<Segment> {
  const file = await disk.open(path).catch((error) => {
    throw diskFailure(error, path)
  })
  let end = start.size
  let reserved = start.size
  let isBroken = false
  try {
    await file.truncate(end)
    // The process before may have died before this was synced, or after the sync had failed, when
    // the system takes the bytes in memory for written. Only bytes written again are surely synced.
    if (start.lastFrame) await file.write(start.lastFrame.bytes, start.lastFrame.at)
    await file.sync()
  } catch (error) {
    await file.close().catch(() => {})
    throw diskFailure(error, path)
  }

  async function reserve(upTo: number): Promise<void> {
    if (upTo <= reserved) return
    const target = upTo + reserveBytes
    await file.write(Buffer.alloc(target - reserved), reserved)
    reserved = target
  }

  /** A half-written frame goes, durably: were it to stay below the next one, both could mix. */
  async function undo(): Promise<void> {
    try {
      await file.truncate(end)
      await file.sync()
      reserved = end
    } catch {
      isBroken = true
    }
  }

  return {
    path,
    get size() {
      return end
    },
    get isBroken() {
      return isBroken
    },
    async append(frame) {
      try {
        await reserve(end + frame.length)
        await file.write(frame, end)
      } catch (error) {
        await undo()
        throw isBroken ? unavailable(error, path) : diskFailure(error, path)
      }
      try {
        await file.sync()
      } catch (error) {
        isBroken = true
        throw unavailable(error, path)
      }
      end += frame.length
    },
    async close() {
      try {
        if (isBroken) return
        await file.truncate(end)
        await file.sync()
      } catch {
        // All frames were durable before; reading stops at the zeros after them.
      } finally {
        await file.close().catch(() => {})
      }
    },
  }
}

/** How a failure of the disk is told to those who write. */
export function diskFailure(error: unknown, path: string): Error {
  if (!isFull(error)) return unavailable(error, path)
  return new StoreFull(`no room for the log: ${path}`, { cause: error })
}

function unavailable(cause: unknown, path: string): StoreUnavailable {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StoreUnavailable(`the log cannot be written: ${path}: ${message}`, { cause })
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}
