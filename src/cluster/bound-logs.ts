// Keeps the logs of the parts from filling the disk: one that has grown too long is copied to
// NAME.log.1 and emptied where it is, since the parts write to it through handles of their own.

import { copyFile, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'

export interface BoundLogsOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limitBytes?: number
  readonly everyMs?: number
}

/** Looks once a minute until the signal aborts. The few lines written during a copy are lost. */
export async function boundLogs(folder: string, options: BoundLogsOptions): Promise<void> {
  const { clock, signal, limitBytes = 10 << 20, everyMs = 60_000 } = options
  while (!signal.aborted) {
    // A full disk or a folder that is gone is no reason to end; the next look may do better.
    await emptyLongOnes(folder, limitBytes).catch(() => {})
    await clock.sleep(everyMs, signal).catch(() => {})
  }
}

async function emptyLongOnes(folder: string, limitBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  for (const path of names.map((name) => join(folder, name))) {
    if ((await stat(path)).size <= limitBytes) continue
    await copyFile(path, `${path}.1`)
    await truncate(path)
  }
}
