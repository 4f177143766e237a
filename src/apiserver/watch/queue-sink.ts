// A pushed stream for whoever would rather read: parts of the same process, WebSockets.
// In: a body that pushes. Out: its frames, several at once where several have come.

import type { Frame, PushBody, PushSink } from '../request.ts'

/** A reader this far behind is told so; what then comes waits in the stream's own queue. */
const aheadBytes = 256 * 1024

export async function* readPushed(pushTo: PushBody['pushTo']): AsyncGenerator<Uint8Array> {
  const sink = new QueueSink()
  const running = pushTo(sink).finally(() => sink.end())
  // It is awaited below; until then a failure is nobody's oversight.
  running.catch(() => {})
  try {
    for (let ready = await sink.take(); ready; ready = await sink.take()) yield ready
  } finally {
    sink.close()
    await running
  }
}

class QueueSink implements PushSink {
  isGone = false
  #isEnded = false
  #frames: Uint8Array[] = []
  #bytes = 0
  #wakeReader = () => {}
  #wakeWriter = () => {}
  readonly #onClose: (() => void)[] = []

  writeFrame({ body }: Frame): boolean {
    if (this.isGone) return true
    this.#frames.push(body)
    this.#bytes += body.length
    this.#wakeReader()
    return this.#bytes < aheadBytes
  }

  drained(): Promise<void> {
    if (this.isGone || this.#bytes < aheadBytes) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wakeWriter = resolve
    })
  }

  end(): void {
    this.#isEnded = true
    this.#wakeReader()
    this.#tellClosed()
  }

  onClose(callback: () => void): void {
    if (this.isGone) callback()
    else this.#onClose.push(callback)
  }

  /** What is ready, as soon as anything is; undefined at the end. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#frames.length === 0) {
      if (this.#isEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    this.#wakeWriter()
    return frames.length === 1 ? frames[0] : Buffer.concat(frames)
  }

  /** The reader has left. */
  close(): void {
    this.isGone = true
    this.#wakeWriter()
    this.#tellClosed()
  }

  #tellClosed(): void {
    for (const callback of this.#onClose.splice(0)) callback()
  }
}
