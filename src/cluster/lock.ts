// One command at a time works on a cluster: a lock file that names the process which holds it.
// A holder that died, by whatever means, holds nothing.

import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isRunning, processStartTime } from '../host/process-identity.ts'
import type { Clock } from '../lib/clock.ts'
import { type ProcessMark, readJson } from './state.ts'
import { UserError } from './user-error.ts'

export interface Lock {
  release(): void
}

const retryMs = 20

/** Waits up to `timeoutMs` for another command to finish; then UserError. */
export async function acquireLock(
  path: string,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<Lock> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${path}.${process.pid}`
  const mark = { pid: process.pid, startTime: await processStartTime(process.pid) }
  writeFileSync(mine, JSON.stringify(mark), { mode: 0o600 })
  try {
    const untilMs = clock.now().getTime() + timeoutMs
    while (!tryLink(mine, path)) {
      const holder = readJson<ProcessMark>(path)
      if (!holder || !(await isRunning(holder.pid, holder.startTime))) rmSync(path, { force: true })
      else if (clock.now().getTime() > untilMs) {
        throw new UserError(`another sampan command (pid ${holder.pid}) is at work on this cluster`)
      } else await clock.sleep(retryMs)
    }
    return { release: () => rmSync(path, { force: true }) }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** A link is made whole or not at all, and never over what is there. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
