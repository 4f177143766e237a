// One watcher's connection: a bounded queue between the cache, which never waits, and the
// client, which may be slow. In: bytes of events. Out: an async iterable of what is ready.

/** Bytes that may wait for a slow client before its watch is ended. */
const queueBytes = 16 * 1024 * 1024

export interface EventStream extends AsyncIterable<Uint8Array> {
  /** Adds bytes; a client too slow to take them is cut off and watches again from where it was. */
  push(bytes: Uint8Array): void
  /** No more bytes follow those pushed so far. */
  end(): void
}

export function createEventStream(): EventStream {
  let queue: Uint8Array[] = []
  let size = 0
  let isEnded = false
  let wake: (() => void) | undefined

  return {
    push(bytes) {
      if (isEnded || bytes.length === 0) return
      if (size + bytes.length > queueBytes) {
        // Dropping what waits leaves the client at the last event it really got.
        queue = []
        isEnded = true
      } else {
        queue.push(bytes)
        size += bytes.length
      }
      wake?.()
    },
    end() {
      isEnded = true
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        if (queue.length > 0) {
          const ready = queue
          queue = []
          size = 0
          const [only] = ready
          yield ready.length === 1 && only ? only : Buffer.concat(ready)
        } else if (isEnded) return
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          wake = undefined
        }
      }
    },
  }
}
