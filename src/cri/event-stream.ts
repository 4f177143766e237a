// Runtime events: one publisher, any number of listeners, each with a bounded queue of its own.

import type { RuntimeEvent } from './cri.ts'

export interface EventStream {
  publish(event: RuntimeEvent): void
  subscribe(signal: AbortSignal): AsyncIterable<RuntimeEvent>
}

/** A listener that falls behind by more than this ends, and relists as it does when it starts. */
const mostWaiting = 10_000

export function createEventStream(): EventStream {
  const listeners = new Set<(event: RuntimeEvent) => void>()
  return {
    publish(event) {
      for (const listener of listeners) listener(event)
    },
    subscribe(signal) {
      const waiting: RuntimeEvent[] = []
      let wake = () => {}
      let isOverrun = false
      const listener = (event: RuntimeEvent) => {
        if (waiting.length < mostWaiting) waiting.push(event)
        else isOverrun = true
        wake()
      }
      listeners.add(listener)
      const stop = () => {
        listeners.delete(listener)
        wake()
      }
      signal.addEventListener('abort', stop, { once: true })
      return drain(
        waiting,
        () => signal.aborted || isOverrun,
        () => new Promise<void>((resolve) => (wake = resolve)),
        stop,
      )
    },
  }
}

async function* drain(
  waiting: RuntimeEvent[],
  isOver: () => boolean,
  nextChange: () => Promise<void>,
  stop: () => void,
): AsyncGenerator<RuntimeEvent> {
  try {
    while (!isOver()) {
      const event = waiting.shift()
      if (event) yield event
      else await nextChange()
    }
  } finally {
    stop()
  }
}
