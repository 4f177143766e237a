// Events about a Pod and its containers, in upstream's form: a container's point at its field.

import type { Pod } from '../../api/types.gen.ts'
import type { EventRecorder } from '../../client/events.ts'
import { containerFieldPath } from './spec.ts'

export interface PodEvents {
  note(reason: string, message: string, container?: string): void
  warn(reason: string, message: string, container?: string): void
}

export function podEvents(recorder: EventRecorder, pod: Pod): PodEvents {
  const record =
    (type: 'Normal' | 'Warning') => (reason: string, message: string, container?: string) => {
      const fieldPath = container && containerFieldPath(pod, container)
      recorder.record(pod, type, reason, message, fieldPath ? { fieldPath } : {})
    }
  return { note: record('Normal'), warn: record('Warning') }
}
