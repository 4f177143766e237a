// A container's log as a client wants it. In: a file in CRI's format and options. Out: bytes, as
// they come; follows a file that grows or is replaced, until its container has ended.

import { watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { systemClock } from '../../lib/clock.ts'
import { createDoorbell } from '../pod/doorbell.ts'
import { parseLogLine } from './log-line.ts'
import type { LogOptions } from './log-options.ts'

const blockBytes = 64 * 1024
/** Notifications of changes get lost on some file systems: looked at least so often. */
const lookEveryMs = 500

export interface LogSource {
  readonly path: string
  /** False once the container has ended: what is there then is all there will be. */
  isRunning(): Promise<boolean>
}

export async function* readLog(
  source: LogSource,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  for await (const line of logLines(source, options, signal)) {
    const bytes = shown(line, options)
    if (!bytes) continue
    yield bytes.subarray(0, left)
    left -= bytes.length
    if (left <= 0) return
  }
}

/** Pure: what one entry of the file says under these options; undefined: nothing. */
export function shown(text: string, options: LogOptions): Uint8Array | undefined {
  const line = parseLogLine(text)
  if (!line) return undefined
  const { stream, timestamps, sinceMs } = options
  if (stream !== 'All' && stream.toLowerCase() !== line.stream) return undefined
  if (sinceMs !== undefined && Date.parse(line.time) < sinceMs) return undefined
  return Buffer.from(timestamps ? `${line.time} ${line.content}` : line.content)
}

async function* logLines(
  source: LogSource,
  { tailLines, follow }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let file = await open(source.path)
  const bell = follow ? fileBell(source.path, signal) : undefined
  try {
    let at = tailLines === undefined ? 0 : await tailStart(file, tailLines)
    let rest = Buffer.alloc(0)
    while (!signal.aborted) {
      const wasRunning = follow && (await source.isRunning())
      const block = Buffer.alloc(blockBytes)
      const { bytesRead } = await file.read(block, 0, blockBytes, at)
      at += bytesRead
      rest = Buffer.concat([rest, block.subarray(0, bytesRead)])
      const end = rest.lastIndexOf(10)
      if (end >= 0) yield* rest.toString('utf8', 0, end).split('\n')
      if (end >= 0) rest = Buffer.from(rest.subarray(end + 1))
      if (bytesRead > 0) continue
      if (await isReplaced(file, source.path)) {
        await file.close()
        file = await open(source.path)
        at = 0
        continue
      }
      if (!wasRunning) return
      await bell?.()
    }
  } finally {
    await file.close()
  }
}

async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return named !== undefined && named.ino !== open.ino
}

/** Resolves at the next change of the file, or soon. */
function fileBell(path: string, signal: AbortSignal): () => Promise<void> {
  const bell = createDoorbell(systemClock)
  watch(path, { signal, persistent: false }, bell.ring).on('error', () => {})
  return () => bell.heard(Date.now() + lookEveryMs, signal)
}

/** Where the last `lines` entries begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat()
  if (lines <= 0) return size
  let left = lines + 1
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes)
    const block = Buffer.alloc(end - start)
    await file.read(block, 0, block.length, start)
    for (let at = block.length - 1; at >= 0; at--) {
      if (block[at] !== 10) continue
      left--
      if (left === 0) return start + at + 1
    }
    end = start
  }
  return 0
}
