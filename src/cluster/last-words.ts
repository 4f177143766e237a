// Why a cluster did not come up, as far as its parts' logs tell: the last error of each.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from './user-error.ts'

/** A UserError with the reasons below its message; any other error as it is. */
export function withReasons(error: unknown, logs: string): unknown {
  if (!(error instanceof UserError) || !existsSync(logs)) return error
  const reasons = readdirSync(logs)
    .map((file) => ({ file, why: lastError(readFileSync(join(logs, file), 'utf8')) }))
    .filter(({ why }) => why && !error.message.includes(why))
    .map(({ file, why }) => `  ${file.replace(/\.log$/, '')}: ${why}`)
  return new UserError([error.message, ...reasons].join('\n'), error.exitCode)
}

/** What a log entry of level error says, or a line of a crash that does. */
export function lastError(log: string): string | undefined {
  return log
    .split('\n')
    .map(errorOf)
    .findLast((why) => why !== undefined)
}

function errorOf(line: string): string | undefined {
  if (/^[A-Za-z]*Error\b.*: /.test(line)) return line
  if (!line.startsWith('{')) return undefined
  try {
    const { level, message, error } = JSON.parse(line)
    return level === 'error' ? (error?.message ?? message) : undefined
  } catch {
    // A line that a crash has cut off.
    return undefined
  }
}
