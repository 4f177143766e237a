// What the durable log needs of a disk: the system's files, or in tests a disk that fails as asked.
// Nothing is durable before the sync that follows it: bytes by their file's, names by their folder's.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockFolder } from './lock.ts'

export interface DiskFile {
  /** Resolves once all of `bytes` is written. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(size: number): Promise<void>
  /** Once it fails, nobody knows what the disk holds: the system reports an error once only. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  /** Makes the folder and its parents, durably. */
  makeFolder(path: string): Promise<void>
  /** Throws FolderInUse while another process, or this one, holds it. */
  lock(folder: string): Promise<() => Promise<void>>
  list(folder: string): Promise<readonly string[]>
  read(path: string): Promise<Buffer>
  /** For reading and writing, made if need be. */
  open(path: string): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** Nothing happens where there is no such file. */
  remove(path: string): Promise<void>
  /** Makes the names in the folder durable: new files, renames and removals. */
  syncFolder(folder: string): Promise<void>
}

export const systemDisk: Disk = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      await syncFolder(dirname(made))
    }
  },
  lock: lockFolder,
  list: (folder) => readdir(folder),
  read: (path) => readFile(path),
  open: openFile,
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  syncFolder,
}

async function openFile(path: string): Promise<DiskFile> {
  // Mode a makes the file and r+ writes anywhere in it; no mode does both.
  await (await open(path, 'a', 0o600)).close()
  const file = await open(path, 'r+')
  return {
    async write(bytes, position) {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
