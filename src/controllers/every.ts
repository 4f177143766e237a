// Work that is done again and again, for what no event tells of.

import type { ControllerShell } from '../client/controller-runner.ts'

/** Once the listers are full, and every `periodMs` after; ends with the signal. */
export async function runEvery(
  { name, periodMs }: { readonly name: string; readonly periodMs: number },
  { informers, clock, log, signal }: ControllerShell,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await informers.synced(signal)
  } catch {
    return
  }
  while (!signal.aborted) {
    await work().catch((error: unknown) => {
      if (!signal.aborted) log.warn('will be tried again', { controller: name, error })
    })
    await clock.sleep(periodMs, signal).catch(() => {})
  }
}
