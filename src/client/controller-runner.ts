// The one loop that runs every controller: takes keys, observes, plans, applies, waits until the
// caches show what was written, and tries again later what failed.

import type { Kind } from '../api/kinds.ts'
import { controllerOf, type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts'
import { isReason, StatusError } from '../api/status-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createQueue, type Queue } from '../lib/queue.ts'
import { type Applier, applyPlan } from './apply.ts'
import type { Client } from './client.ts'
import type { Controller } from './controller.ts'
import type { EventRecorder } from './events.ts'
import type { ObjectChange } from './informer.ts'
import type { RunningInformers } from './informers.ts'

export interface ControllerShell {
  readonly client: Client
  readonly informers: RunningInformers
  readonly recorder: EventRecorder
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Runs until the signal aborts; resolves when every worker has ended. */
export async function runController<O>(
  controller: Controller<O>,
  shell: ControllerShell,
): Promise<void> {
  const { informers, clock, signal } = shell
  const queue = createQueue({ clock, signal })
  enqueueChanges(controller, informers, queue)
  const { name, workers } = controller
  await runWorkers({ name, workers, queue, shell }, (key) =>
    reconcile(controller, shell, objectKey(key)),
  )
}

export interface Workers {
  readonly name: string
  readonly workers?: number | undefined
  readonly queue: Queue
  readonly shell: Pick<ControllerShell, 'informers' | 'log' | 'signal'>
}

/**
 * Handles keys, each by one worker at a time, once the listers are full; a key comes back after
 * the milliseconds that its handling resolves to, or, when it rejects, later and later.
 */
export async function runWorkers(
  { name, workers = 5, queue, shell }: Workers,
  handle: (key: string) => Promise<number | undefined>,
): Promise<void> {
  const { informers, signal } = shell
  const log = shell.log.with({ controller: name })
  try {
    await informers.synced(signal)
  } catch {
    return
  }
  await Promise.all(Array.from({ length: workers }, () => work(queue, handle, { log, signal })))
}

function enqueueChanges<O>(
  { reconciles, owns = [], triggers = {} }: Controller<O>,
  informers: RunningInformers,
  queue: Queue,
): void {
  informers.onChange(reconciles, (change) => queue.add(keyText(keyOfChange(change))))
  for (const kind of owns) {
    informers.onChange(kind, (change) => {
      for (const key of ownersOf(change, reconciles)) queue.add(key)
    })
  }
  for (const kind of Object.keys(triggers) as Kind[]) {
    const trigger = triggers[kind] as (change: unknown, listers: unknown) => readonly ObjectKey[]
    informers.onChange(kind, (change) => {
      for (const key of trigger(change, informers.listers)) queue.add(keyText(key))
    })
  }
}

function keyOfChange({ previous, current }: ObjectChange<KubeObject>): ObjectKey {
  const object = current ?? previous
  if (!object) throw new Error('a change without an object')
  return keyOf(object)
}

/** Both the owner that was and the owner that is: one loses the object, the other gains it. */
function ownersOf({ previous, current }: ObjectChange<KubeObject>, kind: Kind): Set<string> {
  const keys = new Set<string>()
  for (const object of [previous, current]) {
    const owner = object && controllerOf(object)
    if (!object || owner?.kind !== kind) continue
    const { namespace } = object.metadata
    keys.add(keyText(namespace ? { namespace, name: owner.name } : { name: owner.name }))
  }
  return keys
}

/** Takes keys until the signal aborts. The one place where a reconcile's error is caught. */
async function work(
  queue: Queue,
  handle: (key: string) => Promise<number | undefined>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      const requeueAfterMs = await handle(key)
      queue.forget(key)
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs)
    } catch (error) {
      if (signal.aborted) return
      tellOf(error, key, log)
      queue.retry(key)
    } finally {
      queue.done(key)
    }
  }
}

/** A request that the API refuses is part of its day, such as a Pod beyond a quota: one plain line. */
function tellOf(error: unknown, key: string, log: Log): void {
  // A conflict says only that the caches are behind: their next change is on its way.
  if (isReason(error, 'Conflict')) return
  const isRefusal = error instanceof StatusError && error.code < 500
  if (isRefusal) log.info('refused, will be tried again', { key, error: error.message })
  else log.warn('will be tried again', { key, error })
}

async function reconcile<O>(
  controller: Controller<O>,
  shell: ControllerShell,
  key: ObjectKey,
): Promise<number | undefined> {
  const observed = controller.observe(key, shell.informers.listers)
  if (observed === undefined) return undefined
  const plan = controller.plan(observed, shell.clock.now())
  await applyPlan(plan, shell satisfies Applier)
  return plan.requeueAfterMs
}

function objectKey(text: string): ObjectKey {
  const slash = text.indexOf('/')
  return slash < 0
    ? { name: text }
    : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}
