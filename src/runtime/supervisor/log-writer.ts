// Writes a container's output in CRI's log format: `TIME STREAM F|P CONTENT`, one line each.
// In: chunks of stdout and stderr. Out: the file, its rotated predecessors, nothing held longer
// than a line or 16 KiB.

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'

export type OutputName = 'stdout' | 'stderr'

export interface LogWriter {
  write(stream: OutputName, chunk: Buffer): void
  /** Opens the path again: after a rotation by someone else. */
  reopen(): void
  /** Writes what is left of unfinished lines. */
  close(): void
}

export interface LogWriterOptions {
  readonly path: string
  readonly now: () => Date
  readonly maxBytes?: number
  /** Including the one being written. */
  readonly maxFiles?: number
}

/** containerd's max_container_log_line_size. */
export const mostLineBytes = 16 * 1024

const newline = 10

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { path, now, maxBytes = 10 * 1024 * 1024, maxFiles = 5 } = options
  const rest: Record<OutputName, Buffer> = { stdout: empty, stderr: empty }
  let fd = openLog(path)
  let size = fd === undefined ? 0 : fstatSync(fd).size

  const append = (lines: readonly Buffer[]) => {
    const bytes = Buffer.concat(lines)
    if (fd === undefined || bytes.length === 0) return
    // A full disk loses lines; it must not stop the container.
    size += attempt(() => writeWhole(fd ?? -1, bytes)) ?? 0
    if (size >= maxBytes) rotate()
  }
  const rotate = () => {
    const stamp = now().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 19)
    attempt(() => renameSync(path, `${path}.${stamp}`))
    attempt(() => removeOldest(path, maxFiles - 1))
    reopen()
  }
  const reopen = () => {
    if (fd !== undefined) closeSync(fd)
    fd = openLog(path)
    size = fd === undefined ? 0 : fstatSync(fd).size
  }

  return {
    write(stream, chunk) {
      const { lines, left } = splitLines(joined(rest[stream], chunk), head(now(), stream))
      rest[stream] = left
      append(lines)
    },
    reopen,
    close() {
      for (const stream of ['stdout', 'stderr'] as const) {
        if (rest[stream].length > 0) append(record(head(now(), stream), 'P', rest[stream]))
        rest[stream] = empty
      }
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

const empty: Buffer = Buffer.alloc(0)

/** A line longer than the limit becomes several, all but its last marked P. */
export function splitLines(
  bytes: Buffer,
  head: string,
): { readonly lines: readonly Buffer[]; readonly left: Buffer } {
  const lines: Buffer[] = []
  let from = 0
  while (from < bytes.length) {
    const end = bytes.indexOf(newline, from)
    const isWhole = end >= 0
    const until = isWhole ? end : bytes.length
    if (until - from > mostLineBytes) {
      lines.push(...record(head, 'P', bytes.subarray(from, from + mostLineBytes)))
      from += mostLineBytes
    } else if (isWhole) {
      lines.push(...record(head, 'F', bytes.subarray(from, end)))
      from = end + 1
    } else break
  }
  // A copy: a few bytes must not keep a whole chunk in memory.
  return { lines, left: Buffer.from(bytes.subarray(from)) }
}

function record(head: string, tag: 'F' | 'P', content: Buffer): readonly Buffer[] {
  return [Buffer.from(`${head} ${tag} `), content, endOfLine]
}

const endOfLine = Buffer.from('\n')

function head(time: Date, stream: OutputName): string {
  return `${time.toISOString().slice(0, -1)}000000Z ${stream}`
}

function joined(left: Buffer, chunk: Buffer): Buffer {
  return left.length === 0 ? chunk : Buffer.concat([left, chunk])
}

function openLog(path: string): number | undefined {
  return attempt(() => {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'a', 0o640)
  })
}

function writeWhole(fd: number, bytes: Buffer): number {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written)
  return written
}

function removeOldest(path: string, keep: number): void {
  const folder = dirname(path)
  const rotated = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.`))
    .sort()
  for (const name of rotated.slice(0, Math.max(0, rotated.length - keep)))
    rmSync(`${folder}/${name}`, { force: true })
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
