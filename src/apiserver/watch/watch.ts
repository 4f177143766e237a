// WATCH: what is there now if asked for, then every change, until the client leaves or time is up.
// In: options, the resource's cache and the store. Out: one stream of framed events.

import { StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { type Change, Compacted, type Entry, SlowWatcher, type Store } from '../../store/store.ts'
import type { Call } from '../registry/answers.ts'
import { Expired } from '../registry/errors.ts'
import { assertReached } from '../registry/get.ts'
import { isPlain, objectForm } from '../registry/object-form.ts'
import { parseRevision, type WatchRequestOptions, watchOptions } from '../registry/options.ts'
import { keyOf, prefixOf } from '../registry/resource.ts'
import { type Selection, selectionOf } from '../registry/selection.ts'
import type { ServerAnswer } from '../request.ts'
import { type EventEncoder, formEncoder, splicingEncoder } from './event-encoder.ts'
import { createEventStream, type EventStream } from './event-stream.ts'
import { eventOf, type Filter } from './filter.ts'
import type { ChangeBatch, WatchCache } from './watch-cache.ts'

/** A watch without timeoutSeconds lasts between this and twice this. */
const shortestWatchMs = 30 * 60 * 1000
const bookmarkMs = 60 * 1000
/** The last bookmark comes this long before the end, to spare the client a long replay. */
const lastBookmarkMs = 2000

export interface WatchContext {
  readonly store: Store
  readonly cache: WatchCache
  readonly clock: Clock
  readonly random: Random
}

export async function watch(context: WatchContext, call: Call): Promise<ServerAnswer> {
  const options = watchOptions(call.request.query)
  const selection = selectionOf(call.resource, options, call.name)
  const asked = parseRevision(options.resourceVersion)
  if (options.sendInitialEvents) await assertReached(context.store, asked)
  const encoders = encodersOf(call)
  const session: Session = {
    ...context,
    call,
    options,
    asked,
    encoders,
    filter: filterOf(call, selection),
  }
  return {
    status: 200,
    headers: { 'content-type': encoders.rest.contentType },
    body: serve(session),
  }
}

interface Session extends WatchContext {
  readonly call: Call
  readonly options: WatchRequestOptions
  readonly asked: number
  readonly encoders: Encoders
  readonly filter: Filter
}

/** The first event of a Table watch brings the columns; all later ones share their bytes. */
interface Encoders {
  readonly first: EventEncoder
  readonly rest: EventEncoder
}

function encodersOf({ resource, form, request, clock }: Call): Encoders {
  const plain = { ...form, isPretty: false }
  const { layout } = resource.storage
  if (isPlain(resource, plain)) {
    const encoder = splicingEncoder(layout)
    return { first: encoder, rest: encoder }
  }
  const encoder = (hasColumns: boolean) =>
    formEncoder(
      { ...layout, kind: resource.entry.kind, apiVersion: resource.apiVersion },
      objectForm(resource, { form: plain, query: request.query, clock, hasColumns }),
    )
  const rest = encoder(form.transform !== 'Table')
  return { rest, first: form.transform === 'Table' ? encoder(true) : rest }
}

function filterOf(call: Call, selection: Selection): Filter {
  const { resource } = call
  const { namespaced } = resource.entry
  const namespace = call.namespace || (namespaced && selection.namespace) || ''
  const { name, matches } = selection
  const prefix = prefixOf(resource, namespace)
  const key = `${prefix} ${selection.key}`
  const shared = { key, prefix, matches }
  if (name === undefined) return { ...shared, isKeyInScope: (at) => at.startsWith(prefix) }
  if (namespace || !namespaced) {
    const wanted = keyOf(resource, namespace, name)
    return { ...shared, isKeyInScope: (at) => at === wanted }
  }
  return { ...shared, isKeyInScope: (at) => at.startsWith(prefix) && at.endsWith(`/${name}`) }
}

async function* serve(session: Session): AsyncGenerator<Uint8Array> {
  const { call, clock, options, random } = session
  const ended = new AbortController()
  const stop = () => ended.abort()
  call.request.signal.addEventListener('abort', stop, { once: true })
  if (call.request.signal.aborted) stop()
  const lastsMs = options.timeoutSeconds
    ? options.timeoutSeconds * 1000
    : shortestWatchMs + random.below(shortestWatchMs)
  const running = [clock.sleep(lastsMs, ended.signal).then(stop, () => {})]
  try {
    yield* events(session, { ended: ended.signal, lastsMs, running })
  } catch (error) {
    yield errorFrame(session, error)
  } finally {
    call.request.signal.removeEventListener('abort', stop)
    stop()
    await Promise.all(running)
  }
}

interface Life {
  readonly ended: AbortSignal
  readonly lastsMs: number
  /** What goes on beside the stream, awaited once it has ended. */
  readonly running: Promise<void>[]
}

async function* events(
  session: Session,
  { ended, lastsMs, running }: Life,
): AsyncGenerator<Uint8Array> {
  const { options, store, cache, asked, encoders } = session
  const follower = createFollower(session)
  let after = asked
  if (options.sendInitialEvents || asked === 0) {
    const { entries, revision } = await store.range(session.filter.prefix)
    after = revision
    yield* follower.initial(entries)
    if (options.sendInitialEvents && options.allowWatchBookmarks) {
      yield encoders.rest.bookmark(revision, true)
    }
  }
  const { stream } = follower
  ended.addEventListener('abort', () => stream.end(), { once: true })
  await cache.attach(follower, after, ended)
  if (options.allowWatchBookmarks) {
    running.push(sendBookmarks(session, { stream, ended, lastsMs, after }))
  }
  yield* stream
}

interface Follower {
  readonly stream: EventStream
  initial(entries: readonly Entry[]): Generator<Uint8Array>
  accept(batch: ChangeBatch): void
  end(): void
}

/** Turns changes into this watcher's bytes; watchers that see the same share them. */
function createFollower({ filter, encoders }: Session): Follower {
  const stream = createEventStream()
  const shareKey = `${encoders.rest.key} ${filter.key}`
  let isFirst = encoders.first !== encoders.rest

  function frames(changes: readonly Change[]): Buffer {
    const parts: Uint8Array[] = []
    for (const change of changes) {
      const event = eventOf(change, filter)
      if (!event) continue
      parts.push((isFirst ? encoders.first : encoders.rest).encode(event.type, event.stored))
      isFirst = false
    }
    return Buffer.concat(parts)
  }

  return {
    stream,
    *initial(entries) {
      const parts: Uint8Array[] = []
      for (const entry of entries) {
        if (!filter.isKeyInScope(entry.key)) continue
        if (filter.matches && !filter.matches(entry.value)) continue
        parts.push((isFirst ? encoders.first : encoders.rest).encode('ADDED', entry))
        isFirst = false
        if (parts.length >= initialFrames) yield Buffer.concat(parts.splice(0))
      }
      if (parts.length > 0) yield Buffer.concat(parts)
    },
    accept(batch) {
      try {
        stream.push(isFirst ? frames(batch.changes) : batch.shared(shareKey, frames))
      } catch (error) {
        // An object that cannot be shown ends this watch, not those of everybody else.
        stream.push(encoders.rest.error(internalError(error)))
        stream.end()
      }
    },
    end: () => stream.end(),
  }
}

/** Initial events handed to the connection at once. */
const initialFrames = 100

interface Bookmarking {
  readonly stream: EventStream
  readonly ended: AbortSignal
  readonly lastsMs: number
  readonly after: number
}

async function sendBookmarks(session: Session, bookmarking: Bookmarking): Promise<void> {
  const { clock, cache, encoders } = session
  const { stream, ended, lastsMs, after } = bookmarking
  let passedMs = 0
  while (!ended.aborted) {
    const leftMs = lastsMs - lastBookmarkMs - passedMs
    const waitMs = leftMs > 0 ? Math.min(bookmarkMs, leftMs) : bookmarkMs
    await clock.sleep(waitMs, ended).catch(() => {})
    passedMs += waitMs
    if (!ended.aborted) {
      stream.push(encoders.rest.bookmark(Math.max(after, cache.revision), false))
    }
  }
}

function errorFrame({ asked, encoders }: Session, error: unknown): Uint8Array {
  return encoders.rest.error(watchError(error, asked))
}

function watchError(error: unknown, asked: number): StatusError {
  if (error instanceof Compacted) {
    return new Expired(`too old resource version: ${asked} (${error.compactedRevision})`)
  }
  if (error instanceof SlowWatcher) return new Expired(`too old resource version: ${asked}`)
  if (error instanceof StatusError) return error
  throw error
}

function internalError(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError('InternalError', `Internal error occurred: ${message}`)
}
