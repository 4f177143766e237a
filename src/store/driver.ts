// What makes a local store durable: a log that takes batches of changes and gives them back.

import type { Entry } from './store.ts'

export interface LogRecord {
  readonly key: string
  /** Absent: the key was deleted. */
  readonly value: Uint8Array | undefined
  readonly revision: number
}

/** Everything that lived at `revision`. */
export interface Snapshot {
  readonly revision: number
  readonly entries: Iterable<Entry>
}

/** What a log holds when it is opened, handed over piece by piece in order. */
export interface LogReader {
  snapshot(snapshot: Snapshot): void
  record(record: LogRecord): void
}

export interface LogDriver extends AsyncDisposable {
  /** Called once, before anything else. Throws LogCorrupt when acknowledged writes are gone. */
  load(reader: LogReader): Promise<void>
  /**
   * Resolves once the records would survive a power cut. Throws StoreFull without a trace when
   * there is no room, StoreUnavailable when nobody knows what the disk holds. Calls never overlap.
   */
  append(records: readonly LogRecord[]): Promise<void>
  /** True when a snapshot would make the log much smaller. */
  wantsSnapshot(): boolean
  /** Replaces everything up to the snapshot's revision by it; later records stay. */
  writeSnapshot(snapshot: Snapshot): Promise<void>
}

export class LogCorrupt extends Error {}
