// Records events about objects: at most one request at a time, and never in the caller's way.
// In: notes. Out: Event objects, new ones or counted up, in the form the part's upstream uses.

import type { KubeObject } from '../api/meta.ts'
import { isReason, StatusError } from '../api/status-error.ts'
import type { Event, EventsEvent, ObjectReference } from '../api/types.gen.ts'
import type { Clock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import type { Client } from './client.ts'
import { createEventCorrelator, type EventSourceName } from './event-correlator.ts'
import type { Note } from './plan.ts'

export interface RecordOptions {
  /** Overrides the recorder's own source. */
  readonly source?: EventSourceName
  /** What was tried or done, for events.k8s.io; e.g. Binding. */
  readonly action?: string
  readonly related?: ObjectReference
  /** A part of the object, e.g. spec.containers{nginx}. */
  readonly fieldPath?: string
}

export interface EventRecorder {
  record(
    object: KubeObject,
    type: Note['type'],
    reason: string,
    message: string,
    options?: RecordOptions,
  ): void
  /** Resolves when everything recorded so far is written or given up. */
  flushed(): Promise<void>
}

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  /** Makes names unique; default: the system's. */
  readonly random?: Random
  readonly signal: AbortSignal
  readonly source: EventSourceName
  /** The scheduler writes events.k8s.io/v1, all other parts v1. Both are one kind in the store. */
  readonly form?: 'v1' | 'events.k8s.io/v1'
  readonly log?: Log
}

interface Waiting {
  readonly note: Note
  readonly options: RecordOptions
  readonly at: Date
}

/** Events wait here for their turn; beyond this the newest are dropped, as upstream does. */
const mostWaiting = 1000
const mostTries = 12
const retryMs = 10_000

export function createEventRecorder(settings: EventRecorderOptions): EventRecorder {
  const { signal, log = silentLog } = settings
  const writers = new Map<string, (entry: Waiting) => Promise<void>>()
  const waiting: Waiting[] = []
  let sending: Promise<void> | undefined

  const writerOf = (source: EventSourceName) => {
    const key = `${source.component}|${source.host ?? ''}`
    const writer = writers.get(key) ?? createWriter(settings, source)
    writers.set(key, writer)
    return writer
  }

  const sendAll = async () => {
    for (let entry = waiting.shift(); entry && !signal.aborted; entry = waiting.shift()) {
      const { reason, message } = entry.note
      await writerOf(entry.options.source ?? settings.source)(entry).catch((error: unknown) => {
        if (signal.aborted) return
        const what = { reason, note: message }
        // Of what goes away with its namespace nothing more is told: no defect, and no stack.
        if (isGoing(error)) log.info('event not written', { ...what, error: error.message })
        else log.warn('event not written', { ...what, error })
      })
    }
    sending = undefined
  }

  return {
    record(regarding, type, reason, message, options = {}) {
      if (signal.aborted || waiting.length >= mostWaiting) return
      const note = { regarding, type, reason, message }
      waiting.push({ note, options, at: settings.clock.now() })
      sending ??= Promise.resolve().then(sendAll)
    },
    flushed: async () => sending,
  }
}

function createWriter(settings: EventRecorderOptions, source: EventSourceName) {
  const { client, clock, signal, form, random = systemRandom } = settings
  const judge = createEventCorrelator(source)
  const shape = form === 'events.k8s.io/v1' ? seriesForm : countForm
  const { kind } = shape

  return async function write({ note, options, at }: Waiting): Promise<void> {
    const verdict = judge(note, at, options.fieldPath)
    if (verdict.verb === 'drop') return
    if (verdict.verb === 'update') {
      const { written, message, count } = verdict
      try {
        const patch = shape.patch({ message, count, at })
        await retried(() => client.patch(kind, written, patch, { type: 'strategic' }))
        return
      } catch (error) {
        // Events expire: one that is gone is written anew.
        if (!isReason(error, 'NotFound')) throw error
      }
    }
    const { message } = verdict
    const metadata = eventMetadata(note.regarding, at, random)
    const event = shape.create({ note: { ...note, message }, options, at, source, metadata })
    await retried(() => client.create(kind, event))
    const firstTimestamp = at.toISOString()
    if (verdict.verb === 'create') verdict.remember({ ...metadata, firstTimestamp })
  }

  /** Asks again while no answer comes; an answer that refuses the event is final. */
  async function retried(ask: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await ask()
        return
      } catch (error) {
        if (error instanceof StatusError || tries >= mostTries) throw error
        await clock.sleep(retryMs, signal)
      }
    }
  }
}

/** The namespace of the event ends, or has ended. */
function isGoing(error: unknown): error is StatusError {
  if (!(error instanceof StatusError)) return false
  const isEnding = error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')
  return isEnding || (isReason(error, 'NotFound') && error.details?.kind === 'namespaces')
}

/** Events of objects without a namespace are kept in `default`. */
function eventMetadata({ metadata }: KubeObject, at: Date, random: Random) {
  return {
    namespace: metadata.namespace ?? 'default',
    name: `${metadata.name}.${uniqueNanoseconds(at, random).toString(16)}`,
  }
}

/** The time of day in nanoseconds, of which the clock knows the milliseconds. */
const uniqueNanoseconds = (at: Date, random: Random) =>
  BigInt(at.getTime()) * 1_000_000n + BigInt(random.below(1_000_000))

export function referenceTo(object: KubeObject, fieldPath?: string): ObjectReference {
  const { apiVersion, kind, metadata } = object
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    kind,
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
    apiVersion,
    ...(resourceVersion && { resourceVersion }),
    ...(fieldPath && { fieldPath }),
  }
}

interface EventContent {
  readonly note: Note
  readonly options: RecordOptions
  readonly at: Date
  readonly source: EventSourceName
  readonly metadata: { readonly namespace: string; readonly name: string }
}
interface EventRepeat {
  readonly message: string
  readonly count: number
  readonly at: Date
}

/** core/v1, where repeats raise `count`. */
const countForm = {
  kind: 'Event' as const,
  create: ({ note, options, at, source, metadata }: EventContent): Event => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: referenceTo(note.regarding, options.fieldPath),
    reason: note.reason,
    message: note.message,
    source,
    firstTimestamp: seconds(at),
    lastTimestamp: seconds(at),
    count: 1,
    type: note.type,
    ...(options.action && { action: options.action }),
    ...(options.related && { related: options.related }),
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
  }),
  patch: ({ message, count, at }: EventRepeat): unknown => ({
    message,
    count,
    lastTimestamp: seconds(at),
  }),
}

/** events.k8s.io/v1, where repeats raise `series.count`. */
const seriesForm = {
  kind: 'EventsEvent' as const,
  create: ({ note, options, at, source, metadata }: EventContent): EventsEvent => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata,
    eventTime: micros(at),
    reportingController: source.component,
    reportingInstance: source.host ?? source.component,
    action: options.action ?? note.reason,
    reason: note.reason,
    regarding: referenceTo(note.regarding, options.fieldPath),
    ...(options.related && { related: options.related }),
    note: note.message,
    type: note.type,
  }),
  patch: ({ count, at }: EventRepeat): unknown => ({
    series: { count, lastObservedTime: micros(at) },
  }),
}

const seconds = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z')
const micros = (at: Date) => at.toISOString().replace('Z', '000Z')
