// Driver: the audit log, a file of JSON lines (or standard output) that is put aside when it is full.
// Lines that arrive together are written together. Names of files put aside and the rules by which
// they are removed are those of upstream's log backend.

import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { AuditSink } from './audit.ts'

export interface AuditLogOptions {
  /** A file, or - for standard output. */
  readonly path: string
  /** batch: nobody waits for a line to be written. */
  readonly mode: 'batch' | 'blocking' | 'blocking-strict'
  /** Megabytes; 0: 100. */
  readonly maxSize: number
  /** Files put aside that are kept; 0: all. */
  readonly maxBackup: number
  /** Days that they are kept; 0: for ever. */
  readonly maxAge: number
  readonly clock: Clock
  readonly log: Log
}

export interface AuditLog extends AuditSink {
  /** Resolves when all that was accepted is written. */
  close(): Promise<void>
}

/** Lines that wait to be written; more are lost. */
const mostWaitingLines = 10_000
const mostWaitingBytes = 64 << 20
const defaultMaxSize = 100

interface Waiting {
  readonly line: Buffer
  readonly done: (isWritten: boolean) => void
}

export function createAuditLog(options: AuditLogOptions): AuditLog {
  const file = options.path === '-' ? standardOutput : createRotatingFile(options)
  const isBatch = options.mode === 'batch'
  let waiting: Waiting[] = []
  let bytes = 0
  let writing: Promise<void> | undefined
  let isFailing = false

  async function writeAll(): Promise<void> {
    await undefined
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      bytes = 0
      const isWritten = await file.append(batch.map(({ line }) => line)).then(
        () => true,
        (error: unknown) => {
          if (!isFailing) options.log.error('audit log', { path: options.path, error })
          return false
        },
      )
      isFailing = !isWritten
      for (const { done } of batch) done(isWritten)
    }
    // In the turn in which it found nothing: what comes from now on begins anew.
    writing = undefined
  }

  return {
    write(text) {
      const line = Buffer.from(text)
      if (waiting.length >= mostWaitingLines || bytes + line.length > mostWaitingBytes)
        return Promise.resolve(false)
      bytes += line.length
      const written = new Promise<boolean>((done) => waiting.push({ line, done }))
      writing ??= writeAll()
      return isBatch ? Promise.resolve(true) : written
    },
    async close() {
      await writing
      await file.close()
    },
  }
}

interface LineFile {
  append(lines: readonly Buffer[]): Promise<void>
  close(): Promise<void>
}

const standardOutput: LineFile = {
  append: (lines) =>
    new Promise((resolve, reject) => {
      process.stdout.write(Buffer.concat(lines), (error) => (error ? reject(error) : resolve()))
    }),
  close: async () => {},
}

function createRotatingFile(options: AuditLogOptions): LineFile {
  const { path, clock } = options
  const limit = (options.maxSize || defaultMaxSize) * 1024 * 1024
  let opened: { readonly handle: FileHandle; size: number } | undefined

  async function openFile() {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(path, 'a', 0o600)
    return { handle, size: (await handle.stat()).size }
  }

  async function putAside(): Promise<void> {
    await opened?.handle.close()
    opened = undefined
    await rename(path, backupName(path, clock.now()))
    await removeOld(options)
  }

  return {
    async append(lines) {
      let rest = lines
      while (rest.length > 0) {
        opened ??= await openFile()
        const fitting = countThatFit(rest, limit - opened.size)
        if (fitting === 0 && opened.size > 0) {
          await putAside()
          continue
        }
        // A line larger than a whole file gets one of its own.
        const part = Buffer.concat(rest.slice(0, Math.max(fitting, 1)))
        await opened.handle.writev([part])
        opened.size += part.length
        rest = rest.slice(Math.max(fitting, 1))
      }
    },
    async close() {
      await opened?.handle.close()
      opened = undefined
    },
  }
}

function countThatFit(lines: readonly Buffer[], room: number): number {
  let size = 0
  const first = lines.findIndex((line) => (size += line.length) > room)
  return first < 0 ? lines.length : first
}

/** audit.log -> audit-2026-01-02T03-04-05.678.log */
function backupName(path: string, now: Date): string {
  const extension = extname(path)
  const time = now.toISOString().slice(0, -1).replaceAll(':', '-')
  return join(dirname(path), `${basename(path, extension)}-${time}${extension}`)
}

async function removeOld({ path, maxBackup, maxAge, clock }: AuditLogOptions): Promise<void> {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  const backups = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
    .filter((name) => /\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/.test(name))
    .sort()
    .reverse()
  const oldestMs = maxAge > 0 ? clock.now().getTime() - maxAge * 24 * 3600_000 : 0
  for (const [index, name] of backups.entries()) {
    const backup = join(dirname(path), name)
    const isTooMany = maxBackup > 0 && index >= maxBackup
    const isTooOld = oldestMs > 0 && (await stat(backup)).mtimeMs < oldestMs
    if (isTooMany || isTooOld) await unlink(backup)
  }
}
