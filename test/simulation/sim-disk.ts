// A disk in memory that fails as the seed says: operations fail, take their time and are cut short
// by crashes; what was not synced may be gone, torn or reordered after a power cut.

import { basename } from 'node:path'
import type { Random } from '../../src/lib/random.ts'
import type { Disk, DiskFile } from '../../src/store/drivers/disk.ts'
import { FolderInUse } from '../../src/store/drivers/lock.ts'
import type { Scheduler } from './scheduler.ts'
import { createSimFile, type SimFile } from './sim-file.ts'

export type Operation =
  | 'write'
  | 'truncate'
  | 'sync'
  | 'open'
  | 'rename'
  | 'remove'
  | 'syncFolder'
  | 'read'
  | 'list'

/** Of a thousand operations of each kind, so many fail. */
export type FaultRates = Partial<Record<Operation, number>> & { readonly full?: number }

export interface SimDisk {
  /** As the process that lives until the next crash sees it. */
  attach(): Disk
  faults: FaultRates
  /** How many operations have failed. */
  readonly failures: number
  /** The process dies, and without power the system with it. */
  crash(options: { readonly isPowerCut: boolean }): void
  /** One bit of one file changes; false where there is none. */
  flipBit(): boolean
}

type NameChange = (names: Map<string, SimFile>) => void

export function createSimDisk(random: Random, scheduler: Scheduler): SimDisk {
  let names = new Map<string, SimFile>()
  let durableNames = new Map<string, SimFile>()
  let unsyncedNames: NameChange[] = []
  let isLocked = false
  let life = 0
  let failures = 0
  const disk: SimDisk = {
    attach,
    faults: {},
    get failures() {
      return failures
    },
    crash,
    flipBit,
  }

  /** Waits its turn, then does it or fails; cut short by a crash it is done, or not. */
  async function perform<T>(operation: Operation, act: () => T): Promise<T> {
    const born = life
    await scheduler.turn(() => {
      try {
        if (random.below(2) === 0) act()
      } catch {
        // Nobody is left to be told that it failed.
      }
    })
    if (born !== life) return new Promise(() => {})
    if (operation !== 'write' && isHit(disk.faults[operation])) throw failure('EIO', operation)
    return act()
  }
  function isHit(rate: number | undefined): boolean {
    if (rate === undefined || random.below(1000) >= rate) return false
    failures++
    return true
  }
  const isFull = () => isHit(disk.faults.full)

  function rename(change: NameChange): void {
    change(names)
    unsyncedNames.push(change)
  }

  function attach(): Disk {
    return {
      makeFolder: async () => {},
      async lock(folder) {
        if (isLocked) throw new FolderInUse(`${folder} is in use`)
        isLocked = true
        return async () => {
          isLocked = false
        }
      },
      list: () => perform('list', () => [...names.keys()]),
      read: (path) => perform('read', () => Buffer.from(fileAt(path).cached)),
      open: (path) =>
        perform('open', () => {
          const name = basename(path)
          if (!names.has(name)) {
            if (isFull()) throw failure('ENOSPC', 'open')
            const made = createSimFile(random)
            rename((all) => void all.set(name, made))
          }
          return handleOf(fileAt(path))
        }),
      rename: (from, to) =>
        perform('rename', () => {
          const file = fileAt(from)
          rename((all) => {
            all.delete(basename(from))
            all.set(basename(to), file)
          })
        }),
      remove: (path) => perform('remove', () => rename((all) => void all.delete(basename(path)))),
      syncFolder: () =>
        perform('syncFolder', () => {
          for (const change of unsyncedNames.splice(0)) change(durableNames)
        }),
    }
  }

  function fileAt(path: string): SimFile {
    const file = names.get(basename(path))
    if (!file) throw failure('ENOENT', path)
    return file
  }

  function handleOf(file: SimFile): DiskFile {
    return {
      write: (bytes, position) =>
        perform('write', () => {
          // The caller may use its buffer again.
          const copy = Uint8Array.from(bytes)
          const code = isFull() ? 'ENOSPC' : isHit(disk.faults.write) ? 'EIO' : undefined
          if (code === undefined) return file.change({ type: 'write', bytes: copy, position })
          const part = copy.subarray(0, random.below(copy.length))
          file.change({ type: 'write', bytes: part, position })
          throw failure(code, 'write')
        }),
      truncate: (size) => perform('truncate', () => file.change({ type: 'truncate', size })),
      async sync() {
        await perform('sync', () => file.sync(false)).catch((error) => {
          file.sync(true)
          throw error
        })
      },
      close: async () => {},
    }
  }

  function crash({ isPowerCut }: { readonly isPowerCut: boolean }): void {
    scheduler.crash()
    life++
    isLocked = false
    if (!isPowerCut) {
      for (const file of names.values()) if (random.below(2) === 0) file.evict()
      return
    }
    for (const change of unsyncedNames.splice(0)) if (random.below(2) === 0) change(durableNames)
    names = new Map(durableNames)
    durableNames = new Map(names)
    unsyncedNames = []
    for (const file of new Set(names.values())) file.cutPower()
  }

  function flipBit(): boolean {
    const files = [...names.values()].filter(({ durable }) => durable.length > 0)
    files[random.below(files.length)]?.flipBit()
    return files.length > 0
  }

  return disk
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
