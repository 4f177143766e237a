// Tells of waits as events, once for each wait that begins.

import type { PodEvents } from './events.ts'
import { latest, type ObservedPod } from './observed.ts'
import type { Waiting } from './plan.ts'
import { podText } from './spec.ts'

export interface WaitEvents {
  tell(observed: ObservedPod, waiting: ReadonlyMap<string, Waiting>, events: PodEvents): void
}

export function createWaitEvents(): WaitEvents {
  const told = new Map<string, string>()
  return {
    tell({ pod, runtime, memory }, waiting, events) {
      for (const [name, { reason, message }] of waiting) {
        const since = latest(runtime, name)?.id ?? memory.failures.get(name)?.atMs
        const wait = `${reason} ${since}`
        if (told.get(name) === wait) continue
        told.set(name, wait)
        if (reason === 'CrashLoopBackOff') {
          const text = `Back-off restarting failed container ${name} in pod ${podText(pod)}`
          events.warn('BackOff', text, name)
        } else if (reason === 'ImagePullBackOff') {
          events.note('BackOff', message, name)
          events.warn('Failed', 'Error: ImagePullBackOff', name)
        }
      }
    },
  }
}
