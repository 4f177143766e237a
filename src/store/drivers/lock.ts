// One process a folder. The kernel holds the lock, so it ends with its process, however that ends,
// and is seen from every pid namespace. Node has no flock(2), but SQLite locks its files.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class FolderInUse extends Error {}

/** Resolves to the function that gives the lock back. Throws FolderInUse. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  // Nothing is ever written to it: the file stays empty, and is no database.
  const file = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if (!isBusy(error)) throw error
    throw new FolderInUse(`${folder} is in use by another process`)
  }
  return async () => file.close()
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
