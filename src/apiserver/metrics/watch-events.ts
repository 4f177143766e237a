// Events that watches send. In: bodies that push, whose frames tell how many events they hold.

import type { Frame, PushBody, PushSink } from '../request.ts'
import { readPushed } from '../watch/queue-sink.ts'
import { type Family, Histogram, type Labels } from './exposition.ts'

/** Upper bounds in bytes, upstream's. */
export const eventBounds = [1, 2, 4, 8, 16, 32, 64, 128].map((kilobytes) => kilobytes * 1024)

/** The same body, whose events are counted as they are handed to the client. */
export function countedBody(body: PushBody, sizes: Histogram): PushBody {
  const pushTo = (sink: PushSink) => body.pushTo(new CountingSink(sink, sizes))
  return { pushTo, [Symbol.asyncIterator]: () => readPushed(pushTo) }
}

class CountingSink implements PushSink {
  readonly #sink: PushSink
  readonly #sizes: Histogram

  constructor(sink: PushSink, sizes: Histogram) {
    this.#sink = sink
    this.#sizes = sizes
  }

  writeFrame(frame: Frame): boolean {
    this.#sizes.observe(frame.body.length / frame.events, frame.events)
    return this.#sink.writeFrame(frame)
  }

  drained(): Promise<void> {
    return this.#sink.drained()
  }

  end(): void {
    this.#sink.end()
  }

  get isGone(): boolean {
    return this.#sink.isGone
  }

  onClose(callback: () => void): void {
    this.#sink.onClose(callback)
  }
}

interface WatchSeries {
  readonly labels: Labels
  readonly events: Histogram
}

/** Watches of one resource are told together, whatever their scope. */
export function eventFamilies(all: readonly WatchSeries[]): readonly Family[] {
  const sums = new Map<string, WatchSeries>()
  for (const { labels, events } of all) {
    if (events.count === 0) continue
    const { group = '', version = '', resource = '' } = labels
    const key = `${group}/${version}/${resource}`
    const sum = sums.get(key) ?? {
      labels: { group, version, resource },
      events: new Histogram(eventBounds),
    }
    sum.events.add(events)
    sums.set(key, sum)
  }
  const samples = [...sums.values()]
  return [
    {
      name: 'apiserver_watch_events_total',
      type: 'counter',
      help: 'Events sent to watchers, by resource.',
      samples: samples.map(({ labels, events }) => ({ labels, value: events.count })),
    },
    {
      name: 'apiserver_watch_events_sizes',
      type: 'histogram',
      help: 'Bytes of events sent to watchers; of events sent together, their mean.',
      samples: samples.map(({ labels, events }) => ({ labels, value: events })),
    },
  ]
}
