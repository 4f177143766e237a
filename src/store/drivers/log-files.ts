// The files of a log's folder by name.
//   snapshot-<revision>.snap   everything that lived at that revision
//   log-<revision>.log         every change after that revision, up to the next file's
//   *.tmp                      a snapshot that was never finished

import { join } from 'node:path'
import type { Disk } from './disk.ts'

export interface NumberedFile {
  readonly path: string
  readonly revision: number
}

export interface LogFiles {
  /** Oldest first, as the segments are. */
  readonly snapshots: readonly NumberedFile[]
  readonly segments: readonly NumberedFile[]
  readonly unfinished: readonly string[]
}

const digits = (revision: number) => String(revision).padStart(16, '0')

export const segmentPath = (folder: string, revision: number) =>
  join(folder, `log-${digits(revision)}.log`)
export const snapshotPath = (folder: string, revision: number) =>
  join(folder, `snapshot-${digits(revision)}.snap`)

export async function listFiles(disk: Disk, folder: string): Promise<LogFiles> {
  const names = [...(await disk.list(folder))].sort()
  const numbered = (form: RegExp) =>
    names.flatMap((name) => {
      const revision = form.exec(name)?.[1]
      return revision === undefined
        ? []
        : [{ path: join(folder, name), revision: Number(revision) }]
    })
  return {
    snapshots: numbered(/^snapshot-(\d{16})\.snap$/),
    segments: numbered(/^log-(\d{16})\.log$/),
    unfinished: names.filter((name) => name.endsWith('.tmp')).map((name) => join(folder, name)),
  }
}
