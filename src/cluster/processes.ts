// All processes of a cluster, however they lost their parents: each inherits a variable that names
// the cluster's folder. Containers do not, but they live and die with the fabric's holder.

import { readdir, readFile } from 'node:fs/promises'
import type { Clock } from '../lib/clock.ts'

export const folderVariable = 'SAMPAN_CLUSTER_FOLDER'

/** Pids on this machine whose environment names the folder; other users' are not seen. */
export async function processesOf(root: string): Promise<readonly number[]> {
  const wanted = `\0${folderVariable}=${root}\0`
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
        return `\0${environment}`.includes(wanted) ? pid : undefined
      } catch {
        return undefined
      }
    }),
  )
  return found.filter((pid) => pid !== undefined && pid !== process.pid) as readonly number[]
}

/**
 * Kills them, those that start meanwhile too, and resolves when none is left. The environment of
 * a process that is ending reads empty, so the caller waits for pids it knows by other means.
 */
export async function killProcessesOf(root: string, clock: Clock): Promise<void> {
  for (let pids = await processesOf(root); pids.length > 0; pids = await processesOf(root)) {
    for (const pid of pids) killIfThere(pid)
    await clock.sleep(5)
  }
}

export function killIfThere(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
