// WATCH: what is there now if asked for, then every change, until the client leaves or time is up.
// In: options, the resource's cache and the store. Out: one stream of framed events.

import { setImmediate as nextTurn } from 'node:timers/promises'
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
import { storeFailure } from '../registry/store-failure.ts'
import type { Revised } from '../registry/stored-bytes.ts'
import type { Frame, PushBody, PushSink, ServerAnswer } from '../request.ts'
import { type EventEncoder, type EventType, formEncoder, splicingEncoder } from './event-encoder.ts'
import { eventOf, type Filter } from './filter.ts'
import { bookmarkFrame, errorFrame, frameOf } from './frame.ts'
import { createOutlet, type Outlet } from './outlet.ts'
import { readPushed } from './queue-sink.ts'
import type { WatchCache, Watcher } from './watch-cache.ts'

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
  const encoders = encodersOf(call)
  const filter = filterOf(call, selection)
  const session: Session = { ...context, call, options, asked, encoders, filter }
  return {
    status: 200,
    headers: { 'content-type': encoders.rest.contentType },
    body: watchBody((sink) => serve(session, sink)),
  }
}

function watchBody(pushTo: PushBody['pushTo']): PushBody {
  return { pushTo, [Symbol.asyncIterator]: () => readPushed(pushTo) }
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
    const encoder = splicingEncoder(resource)
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

/** From the first event to the last; resolves when the stream has ended. */
async function serve(session: Session, sink: PushSink): Promise<void> {
  const { call, clock, options, random, encoders, asked } = session
  const ended = new AbortController()
  const stop = () => ended.abort()
  call.request.signal.addEventListener('abort', stop, { once: true })
  if (call.request.signal.aborted) stop()
  sink.onClose(stop)
  const lastsMs = options.timeoutSeconds
    ? options.timeoutSeconds * 1000
    : shortestWatchMs + random.below(shortestWatchMs)
  const running = [clock.sleep(lastsMs, ended.signal).then(stop, () => {})]
  const outlet = createOutlet(sink)
  ended.signal.addEventListener('abort', outlet.end, { once: true })
  try {
    await sendEvents(session, { outlet, ended: ended.signal, lastsMs, running })
  } catch (error) {
    outlet.push(errorFrame(encoders.rest, watchError(error, asked)))
    outlet.end()
  }
  await outlet.ended
  call.request.signal.removeEventListener('abort', stop)
  stop()
  await Promise.all(running)
  sink.end()
}

interface Life {
  readonly outlet: Outlet
  readonly ended: AbortSignal
  readonly lastsMs: number
  /** What goes on beside the stream, awaited once it has ended. */
  readonly running: Promise<void>[]
}

/** What is there now if asked for; then everything that happens is on its way to the outlet. */
async function sendEvents(session: Session, life: Life): Promise<void> {
  const { options, store, cache, asked, encoders, filter } = session
  const { outlet, ended, running } = life
  const follower = createFollower(session, outlet)
  let after = asked > 0 ? asked : await store.revision()
  if (options.sendInitialEvents) {
    await assertReached(store, asked)
    const { entries, revision } = await store.range(filter.prefix)
    after = revision
    await follower.sendInitial(entries)
    if (options.sendInitialEvents && options.allowWatchBookmarks) {
      outlet.push(bookmarkFrame(encoders.rest, revision, true))
    }
  }
  await cache.attach(follower, after, ended)
  if (options.allowWatchBookmarks) running.push(sendBookmarks(session, { ...life, after }))
}

interface Follower extends Watcher {
  sendInitial(entries: readonly Entry[]): Promise<void>
}

/** Turns changes into this watcher's frames; watchers that see the same share them. */
function createFollower({ filter, encoders }: Session, outlet: Outlet): Follower {
  const shareKey = `${encoders.rest.key} ${filter.key}`
  let isFirst = encoders.first !== encoders.rest

  function encode(type: EventType, stored: Revised): Uint8Array {
    const encoder = isFirst ? encoders.first : encoders.rest
    isFirst = false
    return encoder.encode(type, stored)
  }

  function frameOfChanges(changes: readonly Change[]): Frame | undefined {
    const events = changes.map((change) => eventOf(change, filter)).filter((event) => !!event)
    return frameOf(events.map(({ type, stored }) => encode(type, stored)))
  }

  function push(frame: Frame | undefined): void {
    if (frame) outlet.push(frame)
  }

  return {
    async sendInitial(entries) {
      const { isKeyInScope, matches } = filter
      const isSeen = ({ key, value }: Entry) => isKeyInScope(key) && (!matches || matches(value))
      for (let at = 0; at < entries.length && !outlet.isEnded; at += initialFrames) {
        if (at > 0) await nextTurn()
        const seen = entries.slice(at, at + initialFrames).filter(isSeen)
        push(frameOf(seen.map((entry) => encode('ADDED', entry))))
        await outlet.ready()
      }
    },
    accept(batch) {
      try {
        push(isFirst ? frameOfChanges(batch.changes) : batch.shared(shareKey, frameOfChanges))
      } catch (error) {
        // An object that cannot be shown ends this watch, not those of everybody else.
        outlet.push(errorFrame(encoders.rest, internalError(error)))
        outlet.end()
      }
    },
    ready: outlet.ready,
    end: outlet.end,
  }
}

/** Initial events handed to the connection at once. */
const initialFrames = 100

interface Bookmarking extends Life {
  readonly after: number
}

async function sendBookmarks(session: Session, bookmarking: Bookmarking): Promise<void> {
  const { clock, cache, encoders } = session
  const { outlet, ended, lastsMs, after } = bookmarking
  let passedMs = 0
  while (!ended.aborted) {
    const leftMs = lastsMs - lastBookmarkMs - passedMs
    const waitMs = leftMs > 0 ? Math.min(bookmarkMs, leftMs) : bookmarkMs
    await clock.sleep(waitMs, ended).catch(() => {})
    passedMs += waitMs
    if (!ended.aborted) {
      outlet.push(bookmarkFrame(encoders.rest, Math.max(after, cache.revision), false))
    }
  }
}

/** Whatever ends a watch is told in its last event: the answer has begun, so there is no other way. */
function watchError(error: unknown, asked: number): StatusError {
  if (error instanceof Compacted) {
    return new Expired(`too old resource version: ${asked} (${error.compactedRevision})`)
  }
  if (error instanceof SlowWatcher) return new Expired(`too old resource version: ${asked}`)
  const failure = storeFailure(error)
  return failure instanceof StatusError ? failure : internalError(failure)
}

function internalError(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError('InternalError', `Internal error occurred: ${message}`)
}
