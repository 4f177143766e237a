// One file of the log, open for appending. Room is reserved ahead as zeros, so that most syncs
// write data only and no file size.

import { type FileHandle, open } from 'node:fs/promises'
import { StoreFull } from '../store.ts'

const reserveBytes = 1 << 20

export interface Segment {
  readonly path: string
  /** Bytes that hold frames. */
  readonly size: number
  /** Durable when it resolves. StoreFull leaves the file as it was. */
  append(frame: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** Opens `path`, made if need be, whose first `size` bytes are good; the rest is dropped. */
export async function openSegment(path: string, size = 0): Promise<Segment> {
  const file = await open(path, 'a+').then(async (made) => {
    await made.close()
    return open(path, 'r+')
  })
  let end = size
  let reserved = size
  /** After a failed sync nobody knows what the disk holds (fsync errors are reported once). */
  let broken: Error | undefined
  await file.truncate(size)

  async function reserve(upTo: number): Promise<void> {
    if (upTo <= reserved) return
    const target = upTo + reserveBytes
    await writeAll(file, Buffer.alloc(target - reserved), reserved)
    reserved = target
  }

  return {
    path,
    get size() {
      return end
    },
    async append(frame) {
      if (broken) throw broken
      try {
        await reserve(end + frame.length)
        await writeAll(file, frame, end)
      } catch (error) {
        await file.truncate(end)
        reserved = end
        throw isFull(error)
          ? new StoreFull(`no room for the log: ${path}`, { cause: error })
          : error
      }
      try {
        await file.datasync()
      } catch (error) {
        broken = new Error(`the log cannot be synced: ${path}`, { cause: error })
        throw broken
      }
      end += frame.length
    },
    async close() {
      await file.truncate(end)
      await file.datasync()
      await file.close()
    },
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}
