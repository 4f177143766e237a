// Starts the porter of a cluster and follows it until the cluster is up, or is not.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import type { ClusterFolder } from './folders.ts'
import { upMessage } from './part-messages.ts'
import { porterFlags } from './part-table.ts'
import { folderVariable } from './processes.ts'
import { logFile } from './tend.ts'
import { UserError } from './user-error.ts'

export interface PorterOptions {
  readonly folder: ClusterFolder
  readonly program: string
  readonly clock: Clock
  readonly timeoutMs: number
  /** The user gave up waiting. */
  readonly signal: AbortSignal
  readonly onStep: (step: string) => void
}

export interface Up {
  readonly apiServerPort: number
}

/** Rejects with UserError; the porter may run on then, and is the caller's to end. */
export async function startPorter(options: PorterOptions): Promise<Up> {
  const { folder, clock, timeoutMs, signal } = options
  mkdirSync(folder.logs, { recursive: true, mode: 0o700 })
  const log = openSync(logFile(folder, 'porter'), 'a', 0o600)
  const child = spawn(process.execPath, [...porterFlags, options.program, folder.root], {
    detached: true,
    cwd: '/',
    env: { ...process.env, [folderVariable]: folder.root },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const patience = new AbortController()
  const outOfTime = clock.sleep(timeoutMs, AbortSignal.any([patience.signal, signal])).then(
    () => {
      throw new UserError(`the cluster was not ready after ${timeoutMs / 1000} s`)
    },
    () => new Promise<never>((_, reject) => signal.aborted && reject(signal.reason)),
  )
  const settled = new Promise<Up>((resolve, reject) => {
    child.on('message', (message) => {
      const told = upMessage(message)
      if (told?.say === 'step') options.onStep(told.step)
      if (told?.say === 'up') resolve(told)
      if (told?.say === 'failed') reject(new UserError(told.message))
    })
    child.once('error', reject)
    child.once('exit', (code, by) => {
      const how = by ? `killed by ${by}` : `exit code ${code}`
      reject(new UserError(`the porter ended (${how})`))
    })
  })
  try {
    return await Promise.race([settled, outOfTime])
  } finally {
    patience.abort()
    if (child.connected) child.disconnect()
    child.removeAllListeners()
    child.unref()
  }
}
