// One watcher's way out: straight to its client while that keeps up, through a bounded queue while
// it does not. In: frames, which are shared with other watchers and cost a reference each.

import type { Frame, PushSink } from '../request.ts'

/** Bytes that may wait for a slow client before its watch is ended. */
const mostWaitingBytes = 16 * 1024 * 1024

export interface Outlet {
  /** Never waits. A client too slow for what comes is cut off, to watch again from where it was. */
  push(frame: Frame): void
  /** No more frames follow those pushed so far. */
  end(): void
  /** Whatever is pushed goes nowhere. */
  readonly isEnded: boolean
  /** Resolves when the client keeps up. */
  ready(): Promise<void>
  /** Resolves when all has been handed to the client, or it has gone. */
  readonly ended: Promise<void>
}

export function createOutlet(sink: PushSink): Outlet {
  const ended = Promise.withResolvers<void>()
  let queue: Frame[] = []
  let bytes = 0
  let draining: Promise<void> | undefined
  let isEnding = false
  sink.onClose(finish)

  function finish(): void {
    isEnding = true
    queue = []
    ended.resolve()
  }

  async function drain(): Promise<void> {
    do {
      await sink.drained()
    } while (!sink.isGone && !writeQueue())
    draining = undefined
    if (isEnding) finish()
  }

  /** False when the client is behind again. */
  function writeQueue(): boolean {
    let written = 0
    let isKeepingUp = true
    while (isKeepingUp && written < queue.length) {
      const frame = queue[written++]
      if (!frame) break
      bytes -= frame.body.length
      isKeepingUp = sink.writeFrame(frame)
    }
    queue.splice(0, written)
    return isKeepingUp
  }

  return {
    push(frame) {
      if (isEnding) return
      if (!draining) {
        if (!sink.writeFrame(frame)) draining = drain()
        return
      }
      bytes += frame.body.length
      if (bytes <= mostWaitingBytes) return void queue.push(frame)
      // Dropping what waits leaves the client at the last event it really got.
      queue = []
      isEnding = true
    },
    end() {
      isEnding = true
      if (!draining) finish()
    },
    get isEnded() {
      return isEnding
    },
    ready: () => draining ?? Promise.resolve(),
    ended: ended.promise,
  }
}
