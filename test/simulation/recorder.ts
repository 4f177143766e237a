// Writes down what clients ask and are told, so that a crash leaves no question open: a write
// without an answer is one of unknown outcome.

import type {
  GoneRecord,
  Item,
  ListRecord,
  ReadRecord,
  WatchEvent,
  WatchRecord,
  WriteRecord,
} from '../history/history.ts'

export type Asked = Pick<WriteRecord, 'type' | 'key' | 'text' | 'expected'>
export type Told = Pick<WriteRecord, 'outcome' | 'revision' | 'current'>

/** A watch that is being recorded. */
export type Watching = WatchRecord & { readonly events: WatchEvent[] }

export interface Recorder {
  readonly writes: WriteRecord[]
  readonly reads: ReadRecord[]
  readonly lists: ListRecord[]
  readonly watches: Watching[]
  readonly gone: GoneRecord[]
  /** Writes that wait for their answer. */
  readonly unanswered: number
  /** Returns what the answer is to be given to. */
  write(asked: Asked): (told: Told) => void
  read(key: string): (item: Item | undefined) => void
  list(asked: Omit<ListRecord, 'revision' | 'items' | 'began' | 'ended'>): ListAnswer
  watch(watch: Omit<WatchRecord, 'events'>): Watching
  /** No answer will come any more. */
  crash(): void
}

export type ListAnswer = (revision: number, items: readonly Item[]) => void

export function createRecorder(tick: () => number): Recorder {
  const open = new Map<symbol, Asked & { readonly began: number }>()
  const recorder: Recorder = {
    writes: [],
    reads: [],
    lists: [],
    watches: [],
    gone: [],
    get unanswered() {
      return open.size
    },
    write(asked) {
      const id = Symbol(asked.text)
      const begun = { ...asked, began: tick() }
      open.set(id, begun)
      return (told) => {
        open.delete(id)
        recorder.writes.push({ ...begun, ...told, ended: tick() })
      }
    },
    read(key) {
      const began = tick()
      return (item) => recorder.reads.push({ key, item, began, ended: tick() })
    },
    list(asked) {
      const began = tick()
      return (revision, items) =>
        recorder.lists.push({ ...asked, revision, items, began, ended: tick() })
    },
    watch(watch) {
      const watching = { ...watch, events: [] }
      recorder.watches.push(watching)
      return watching
    },
    crash() {
      for (const begun of open.values()) {
        recorder.writes.push({ ...begun, outcome: 'unknown', ended: Number.POSITIVE_INFINITY })
      }
      open.clear()
    },
  }
  return recorder
}
