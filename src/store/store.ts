// What the API server needs of a store: etcd's semantics over opaque bytes. Keys are paths
// (/registry/pods/default/web-1), values never hold their own revision.
// One integer revision counts every write of the whole store; it starts at 1 for an empty store.

/** A key's value as of `revision`, the revision of its last write. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: number
  readonly createRevision: number
}

export interface Change {
  readonly type: 'put' | 'delete'
  readonly key: string
  /** The new value; for a delete the last one. */
  readonly value: Uint8Array
  /** What the key held before; absent when the key was created. */
  readonly previous?: Entry
  readonly revision: number
}

export interface RangeOptions {
  /** Only keys after this one, for the next page. */
  readonly after?: string
  readonly limit?: number
  /** As the store was at this revision; absent or 0 means now. */
  readonly revision?: number
}

export interface RangeResult {
  readonly entries: readonly Entry[]
  /** The revision at which this answer is true. */
  readonly revision: number
  /** Entries in the range after the last one returned. */
  readonly remaining: number
}

export type WriteResult =
  | { readonly ok: true; readonly revision: number }
  /** The key was not as expected: what it holds now, if anything. */
  | { readonly ok: false; readonly current: Entry | undefined; readonly revision: number }

export interface WatchOptions {
  /** The first revision of interest; must be later than the compacted one. */
  readonly fromRevision: number
  readonly signal: AbortSignal
}

/** Changes of one or more revisions in order; empty `changes` only move `revision` on. */
export interface WatchBatch {
  readonly changes: readonly Change[]
  /** Everything up to and including this revision has been delivered. */
  readonly revision: number
}

export interface Store extends AsyncDisposable {
  /** The latest revision that is durable. */
  revision(): Promise<number>
  compactedRevision(): Promise<number>
  get(key: string, revision?: number): Promise<Entry | undefined>
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>
  /**
   * Writes if the key's last revision is `expected` (0: the key does not exist).
   * Resolves once durable. Throws StoreFull, StoreClosed.
   */
  put(key: string, value: Uint8Array, expected: number): Promise<WriteResult>
  delete(key: string, expected: number): Promise<WriteResult>
  /** Throws Compacted when fromRevision is gone. A reader that falls behind gets SlowWatcher. */
  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch>
  /** Forgets what was true before `revision`; reads there fail with Compacted. */
  compact(revision: number): Promise<void>
}

export class Compacted extends Error {
  readonly compactedRevision: number
  constructor(compactedRevision: number) {
    super(`required revision has been compacted (compacted revision: ${compactedRevision})`)
    this.name = 'Compacted'
    this.compactedRevision = compactedRevision
  }
}

export class FutureRevision extends Error {
  readonly currentRevision: number
  constructor(currentRevision: number) {
    super(`required revision is a future revision (current revision: ${currentRevision})`)
    this.name = 'FutureRevision'
    this.currentRevision = currentRevision
  }
}

export class SlowWatcher extends Error {}
export class StoreFull extends Error {}
/** The value is larger than the store takes. */
export class TooLarge extends Error {}
export class StoreClosed extends Error {}
/** No server of the store answers; of a write nobody knows whether it was done. */
export class StoreUnavailable extends Error {}
