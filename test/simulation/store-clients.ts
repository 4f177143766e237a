// Clients of a store in a simulation: writers that meet on few keys, readers, listers in pages,
// watchers that come, fall behind, leave and come back, and one that compacts. Each asks as the
// seed says, and what it is told is recorded.

import type { Random } from '../../src/lib/random.ts'
import {
  type Change,
  Compacted,
  type Entry,
  SlowWatcher,
  type Store,
  StoreFull,
  type WatchBatch,
  type WriteResult,
} from '../../src/store/store.ts'
import type { Item, WatchEvent } from '../history/history.ts'
import type { Recorder, Told } from './recorder.ts'
import type { Scheduler } from './scheduler.ts'

export interface Clients {
  readonly store: Store
  readonly random: Random
  readonly scheduler: Scheduler
  readonly recorder: Recorder
  /** Writes are unlike any other. */
  nextText(): string
  /** When it says so, the clients finish what they do; watchers then catch up. */
  isEnding(): boolean
}

const prefixes = ['/a/', '/b/']
const keys = prefixes.flatMap((prefix) => ['x', 'y', 'z'].map((name) => prefix + name))

/** A value is its text and then, often, so many bytes that it spans sectors. */
export function valueWith(text: string, random: Random): Uint8Array {
  const padding = [0, 40, 600, 3000][random.below(4)] ?? 0
  return new TextEncoder().encode(`${text}|${'.'.repeat(padding)}`)
}

export function textOfValue(value: Uint8Array): string {
  const text = new TextDecoder().decode(value)
  return text.slice(0, text.indexOf('|'))
}

export const itemOf = ({ key, revision, value }: Entry): Item => ({
  key,
  revision,
  text: textOfValue(value),
})

export async function runWriter(clients: Clients): Promise<void> {
  const { store, random, scheduler, recorder, nextText, isEnding } = clients
  while (!isEnding()) {
    await scheduler.turn()
    const key = pick(keys, random)
    const known = random.below(8) === 0 ? random.below(20) : await heldAt(clients, key)
    const type = random.below(4) === 0 ? 'delete' : 'put'
    const text = type === 'put' ? nextText() : ''
    const told = recorder.write({ type, key, text, expected: known })
    const writing =
      type === 'put' ? store.put(key, valueWith(text, random), known) : store.delete(key, known)
    told(await outcomeOf(writing))
  }
}

async function heldAt({ store, recorder }: Clients, key: string): Promise<number> {
  const read = recorder.read(key)
  const entry = await store.get(key)
  read(entry && itemOf(entry))
  return entry?.revision ?? 0
}

/** The store says of a full disk that nothing was written, of other failures that it may be. */
async function outcomeOf(writing: Promise<WriteResult>): Promise<Told> {
  try {
    const result = await writing
    if (result.ok) return { outcome: 'done', revision: result.revision }
    return { outcome: 'refused', current: result.current?.revision ?? 0 }
  } catch (error) {
    return { outcome: error instanceof StoreFull ? 'failed' : 'unknown' }
  }
}

/** Lists in pages, now or in the past. */
export async function runLister(clients: Clients): Promise<void> {
  const { store, random, scheduler, isEnding } = clients
  while (!isEnding()) {
    await scheduler.turn()
    const prefix = pick(['/', ...prefixes], random)
    const now = await store.revision()
    const at = random.below(3) === 0 ? 1 + random.below(now) : undefined
    await attempt(clients, at ?? 0, () => listOnce(clients, prefix, at))
  }
}

async function listOnce(
  { store, random, scheduler, recorder }: Clients,
  prefix: string,
  at: number | undefined,
): Promise<number> {
  const limit = random.below(2) === 0 ? undefined : 1 + random.below(3)
  const told = recorder.list({ prefix, ...(at !== undefined && { at }) })
  const items: Item[] = []
  let revision = at
  let after: string | undefined
  while (true) {
    const page = await store.range(prefix, {
      ...(revision !== undefined && { revision }),
      ...(after !== undefined && { after }),
      ...(limit !== undefined && { limit }),
    })
    revision = page.revision
    items.push(...page.entries.map(itemOf))
    after = page.entries.at(-1)?.key
    if (page.remaining === 0) break
    for (let pause = random.below(4); pause > 0; pause--) await scheduler.turn()
  }
  told(revision, items)
  return revision
}

/** Watches from where it was, or anew from a list; `from` is kept over crashes. */
export async function runWatcher(clients: Clients, place: { from?: number }): Promise<void> {
  const { random, scheduler } = clients
  const prefix = pick(['/', ...prefixes], random)
  while (true) {
    await scheduler.turn()
    const from =
      place.from ?? (await attempt(clients, 0, () => listOnce(clients, prefix, undefined)))
    if (from === undefined) continue
    place.from = from
    const isDone = await attempt(clients, from, () => watchOnce(clients, { prefix, place, from }))
    if (!isDone) delete place.from
  }
}

interface Watch {
  readonly prefix: string
  readonly place: { from?: number }
  readonly from: number
}

async function watchOnce(clients: Clients, { prefix, place, from }: Watch): Promise<true> {
  const { store, random, scheduler, recorder, isEnding } = clients
  const stop = new AbortController()
  const watching = recorder.watch({ prefix, after: from })
  let batches = 1 + random.below(12)
  for await (const batch of store.watch(prefix, { fromRevision: from + 1, signal: stop.signal })) {
    watching.events.push(...eventsOf(batch, scheduler.tick()))
    place.from = batch.revision
    if (isEnding()) continue
    if (--batches === 0) break
    for (let pause = random.below(6); pause > 0; pause--) await scheduler.turn()
  }
  return true
}

function eventsOf({ changes, revision }: WatchBatch, at: number): WatchEvent[] {
  return [
    ...changes.map((change) => eventOf(change, at)),
    { type: 'BOOKMARK', key: '', text: '', revision, at },
  ]
}

function eventOf({ type, key, value, revision, previous }: Change, at: number): WatchEvent {
  const put = previous ? 'MODIFIED' : 'ADDED'
  return { type: type === 'put' ? put : 'DELETED', key, text: textOfValue(value), revision, at }
}

export async function runCompactor(clients: Clients): Promise<void> {
  const { store, random, scheduler, isEnding } = clients
  while (!isEnding()) {
    for (let pause = random.below(60); pause > 0; pause--) await scheduler.turn()
    await scheduler.turn()
    const now = await store.revision()
    const compacted = await store.compactedRevision()
    if (now > compacted) await store.compact(compacted + 1 + random.below(now - compacted))
  }
}

/** Undefined where the past that was asked for is gone, which is recorded. */
async function attempt<T>(
  { store, recorder }: Clients,
  asked: number,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof Compacted) && !(error instanceof SlowWatcher)) throw error
    const compacted = await store.compactedRevision()
    if (error instanceof Compacted && asked > 0) recorder.gone.push({ asked, compacted })
    return undefined
  }
}

function pick<T>(all: readonly T[], random: Random): T {
  const picked = all[random.below(all.length)]
  if (picked === undefined) throw new Error('there is nothing to pick from')
  return picked
}
