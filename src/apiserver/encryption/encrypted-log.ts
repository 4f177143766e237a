// The log of a local store with values encrypted in its files and plain in memory, where serving
// splices them. In: a log and a codec. Out: a log, and what is known of values that it gave out.

import type { LogDriver, LogRecord, Snapshot } from '../../store/driver.ts'
import type { Entry } from '../../store/store.ts'
import type { ValueCodec } from './value-codec.ts'
import type { ValueNotes } from './value-notes.ts'

export function encryptedLog(log: LogDriver, codec: ValueCodec, notes: ValueNotes): LogDriver {
  const opened = (key: string, stored: Uint8Array) => notes.open(codec, key, stored)
  /** What nobody could read stays as it is. */
  const sealed = (key: string, value: Uint8Array) =>
    notes.isUnreadable(value) ? value : codec.seal(key, value)

  function* openedEntries({ entries }: Snapshot): Generator<Entry> {
    for (const entry of entries) {
      const value = opened(entry.key, entry.value)
      yield value === entry.value ? entry : { ...entry, value }
    }
  }

  function* sealedEntries({ entries }: Snapshot): Generator<Entry> {
    for (const entry of entries) {
      const value = sealed(entry.key, entry.value)
      yield value === entry.value ? entry : { ...entry, value }
    }
  }

  const sealedRecord = (record: LogRecord): LogRecord =>
    record.value ? { ...record, value: sealed(record.key, record.value) } : record

  return {
    load: (reader) =>
      log.load({
        snapshot: (snapshot) => reader.snapshot({ ...snapshot, entries: openedEntries(snapshot) }),
        record(record) {
          const { key, value } = record
          reader.record(value ? { ...record, value: opened(key, value) } : record)
        },
      }),
    append: codec.encrypts
      ? (records) => log.append(records.map(sealedRecord))
      : (records) => log.append(records),
    wantsSnapshot: () => log.wantsSnapshot(),
    writeSnapshot: codec.encrypts
      ? (snapshot) => log.writeSnapshot({ ...snapshot, entries: sealedEntries(snapshot) })
      : (snapshot) => log.writeSnapshot(snapshot),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}
