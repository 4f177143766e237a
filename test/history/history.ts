// A recorded history of a store, or of the API over one: what clients asked, when, and what they
// were told. In: made by whoever drives the clients. Out: judged by faults.ts.
//
// Times are ticks of one counter that the recorder owns; an operation began and ended at different
// ticks. Texts stand for values, and no two writes have the same text.

export interface Span {
  readonly began: number
  /** Infinity: no answer ever came. */
  readonly ended: number
}

export interface WriteRecord extends Span {
  readonly type: 'put' | 'delete'
  readonly key: string
  /** Empty for a delete. */
  readonly text: string
  /** The revision that the key must have, 0 for none; absent: the write is for any. */
  readonly expected?: number
  /**
   * done and refused are answers; failed: surely not done; unknown: the answer was lost, so it may
   * have been done or not, or be done later.
   */
  readonly outcome: 'done' | 'refused' | 'failed' | 'unknown'
  /** Of a write that was done, where it was told. */
  readonly revision?: number
  /** Of a refused write, where it was told: the revision of what the key holds, 0 for nothing. */
  readonly current?: number
}

export interface Item {
  readonly key: string
  /** Of the key's last write. */
  readonly revision: number
  readonly text: string
}

/** One key as it is now. */
export interface ReadRecord extends Span {
  readonly key: string
  readonly item: Item | undefined
}

/** What a watcher or a list is limited to; absent: everything below the prefix. */
export type Matches = (text: string) => boolean

/** Everything below a prefix at one revision; pages are put together before they are recorded. */
export interface ListRecord extends Span {
  readonly prefix: string
  readonly matches?: Matches
  readonly revision: number
  /** In the order in which they came. */
  readonly items: readonly Item[]
  /** The revision that was asked for; absent: the latest. */
  readonly at?: number
  /** The revision that it may at least have; absent: the latest. */
  readonly notOlderThan?: number
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  /** Empty for a bookmark. */
  readonly key: string
  readonly text: string
  readonly revision: number
  /** When it was received. */
  readonly at: number
}

/** A watch from after one revision on; the last event says how far it has come. */
export interface WatchRecord {
  readonly prefix: string
  readonly matches?: Matches
  readonly after: number
  readonly events: readonly WatchEvent[]
}

/** An answer that what was asked for has been compacted. */
export interface GoneRecord {
  readonly asked: number
  /** As far as it was compacted by then. */
  readonly compacted: number
}

/** What happened at a revision. */
export interface Fact {
  readonly type: 'put' | 'delete'
  readonly key: string
  readonly text: string
  readonly revision: number
  /** The revision of what the key held before, 0 for nothing, where the witness tells. */
  readonly previous?: number
}

export interface History {
  /** Every change, in order, by a witness that misses none. */
  readonly facts: readonly Fact[]
  /** Whether the facts are of all keys, so that no revision is left out. */
  readonly isDense?: boolean
  readonly writes: readonly WriteRecord[]
  readonly reads?: readonly ReadRecord[]
  readonly lists?: readonly ListRecord[]
  readonly watches?: readonly WatchRecord[]
  readonly gone?: readonly GoneRecord[]
}
