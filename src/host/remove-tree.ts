// Removes a folder for good, also where files in it belong to subordinate ids: these may be
// removed only from within a user namespace that maps them.

import { rm } from 'node:fs/promises'
import { check, type RunCommand, runCommand } from './command.ts'
import { systemEnvironment } from './system-path.ts'

const notAllowed: readonly unknown[] = ['EACCES', 'EPERM', 'ENOTEMPTY']

/** Safe to repeat; nothing happens where there is no such folder. */
export async function removeTree(path: string, run: RunCommand = runCommand): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (!notAllowed.includes(code) || process.getuid?.() === 0) throw error
    const enter = ['unshare', '--user', '--map-root-user', '--map-auto', '--']
    await check(run, [...enter, 'rm', '-rf', '--', path], { env: systemEnvironment() })
  }
}
