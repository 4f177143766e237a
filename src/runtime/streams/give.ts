// Hands bytes to someone who may be slow: what brings them pauses until there is room again.

import type { Writable } from 'node:stream'

export interface Flow {
  pause(): void
  resume(): void
}

/** One for each writer; it must be the same for all of that writer's chunks. */
export function createGiver(output: Writable | undefined, flow: Flow): (chunk: Uint8Array) => void {
  let isWaiting = false
  const goOn = () => {
    if (!isWaiting) return
    isWaiting = false
    flow.resume()
  }
  output?.on('drain', goOn).on('close', goOn)
  return (chunk) => {
    if (!output || output.destroyed || output.writableEnded) return
    if (output.write(chunk) || isWaiting) return
    isWaiting = true
    flow.pause()
  }
}
