// What to do next for a Pod. In: what was observed. Out: actions (each safe to repeat), why
// containers wait, and when to look again. The worker carries the actions out.

import type { BackOff } from './back-off.ts'
import { podEnd } from './end.ts'
import type { ObservedPod } from './observed.ts'
import { planEnd } from './plan-end.ts'
import { planRun } from './plan-run.ts'

export type PodAction =
  | { readonly type: 'mountVolumes' }
  | { readonly type: 'createSandbox'; readonly attempt: number }
  | { readonly type: 'stopSandbox'; readonly id: string; readonly isReplaced: boolean }
  | { readonly type: 'removeSandbox'; readonly id: string }
  | StartContainer
  | KillContainer
  | { readonly type: 'removeContainer'; readonly id: string }
  /** Volumes go; of a deleted Pod the final status is written and the object deleted. */
  | { readonly type: 'finish'; readonly deletes: boolean }
  /** Nothing is left in the runtime: directories go, and the worker with them. */
  | { readonly type: 'forget' }

export interface StartContainer {
  readonly type: 'startContainer'
  readonly name: string
  readonly sandboxId: string
  readonly attempt: number
  /** The wait to apply when this start ends badly; only of a restart. */
  readonly backOff?: BackOff
}

export interface KillContainer {
  readonly type: 'killContainer'
  readonly id: string
  readonly name: string
  readonly graceSeconds: number
  /** The text of the event Killing. */
  readonly message: string
}

export interface Waiting {
  readonly reason: string
  readonly message: string
}

export interface PodPlan {
  readonly actions: readonly PodAction[]
  /** By container name. */
  readonly waiting: ReadonlyMap<string, Waiting>
  readonly lookAgainAtMs?: number
}

export function planPod(observed: ObservedPod): PodPlan {
  const end = podEnd(observed)
  return end ? planEnd(observed, end) : planRun(observed)
}
