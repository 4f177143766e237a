// One process a folder: a lock file that names its holder, and is void once the holder is gone.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export class FolderInUse extends Error {}

/** Resolves to the function that gives the lock back. Throws FolderInUse. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock')
  const mine = await identityOf(process.pid)
  const holder = await readFile(path, 'utf8').catch(() => '')
  const holderPid = Number.parseInt(holder, 10)
  if (holder && holder !== mine && holder === (await identityOf(holderPid))) {
    throw new FolderInUse(`${folder} is in use by process ${holderPid}`)
  }
  await writeFile(path, mine, { mode: 0o600 })
  return () => rm(path, { force: true })
}

/** `pid start-time`: pids are used again, start times since boot are not; a zombie holds nothing. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // proc(5): after the name in brackets come the state (field 3) and, 19 on, the start time (22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? '' : `${pid} ${fields[19] ?? ''}`
}
