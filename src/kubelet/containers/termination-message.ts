// What a container said at its end: the file it may write, or the tail of its log.

import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ContainerStatus } from '../../cri/cri.ts'
import { annotation } from '../pod/labels.ts'
import { parseLogLine } from '../server/log-line.ts'

/** Limits of upstream: of the file, of the log's tail, in bytes; and lines of the tail. */
const longestMessage = 4096
const longestTail = 2048
const mostLines = 80

export function terminationLogPath(podDirectory: string, name: string, attempt: number): string {
  return join(podDirectory, 'containers', name, `${attempt}.termination-log`)
}

export async function makeTerminationLog(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // Any user of the container may write it.
  await writeFile(path, '', { mode: 0o666 })
  const file = await open(path)
  await file.chmod(0o666)
  await file.close()
}

/** The message of an ended container; the runtime's own where it left none. */
export async function terminationMessage(
  status: ContainerStatus,
  logFile: string,
): Promise<string> {
  const written = await readFile(logFile).catch(() => Buffer.alloc(0))
  const text = written.subarray(0, longestMessage).toString()
  if (text !== '') return text
  const policy = status.annotations[annotation.terminationMessagePolicy]
  if (policy !== 'FallbackToLogsOnError' || status.exitCode === 0) return status.message
  return (await logTail(status.logPath)) || status.message
}

async function logTail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line !== '')
  const said = lines
    .slice(-mostLines)
    .map((line) => parseLogLine(line)?.content ?? '')
    .join('')
  return said.slice(-longestTail)
}
