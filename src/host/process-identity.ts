// Names a process for longer than its pid lives: the pid and the time at which it started.

import { readFile } from 'node:fs/promises'

/**
 * When process `pid` started, in clock ticks since boot; undefined when it is gone or a zombie.
 * A pid that was given to another process has another start time.
 */
export async function processStartTime(pid: number): Promise<number | undefined> {
  try {
    return startTimeOf(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Fields of /proc/PID/stat (proc(5)): pid (comm) state ppid ... starttime is field 22.
 * comm may hold spaces and parentheses, so counting starts after the last one.
 */
export function startTimeOf(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  if (state === 'Z' || state === 'X') return undefined
  return Number(fields[19])
}

/** True while the process that had this pid at `startTime` (any, where undefined) runs. */
export async function isRunning(pid: number, startTime?: number): Promise<boolean> {
  const current = await processStartTime(pid)
  return current !== undefined && (startTime === undefined || current === startTime)
}
