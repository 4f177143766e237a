// Carries out a plan: writes in order, records the notes, and returns once the caches show the
// writes, so that the next plan for the same key never acts twice on the same gap.

import type { Kind } from '../api/kinds.ts'
import type { KubeObject } from '../api/meta.ts'
import { StatusError } from '../api/status-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Client } from './client.ts'
import type { EventRecorder } from './events.ts'
import type { RunningInformers } from './informers.ts'
import type { Action, Plan, Report, Write } from './plan.ts'

export interface Applier {
  readonly client: Client
  readonly informers: RunningInformers
  readonly recorder: EventRecorder
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What a cache must show before a write counts as seen. */
interface Expectation {
  readonly kind: Kind
  readonly isShown: () => boolean
}

/** A cache that shows nothing for this long is behind a broken watch; waiting on helps nobody. */
const longestWaitMs = 30_000

/** Rejects with the first failure, after the plan's own answer to it. */
export async function applyPlan(plan: Plan, applier: Applier): Promise<void> {
  const expected: Expectation[] = []
  try {
    await applyAll(plan.actions, applier, expected)
  } catch (error) {
    if (plan.afterFailure && error instanceof Error && !applier.signal.aborted) {
      await applyAll(plan.afterFailure(error), applier, expected)
    }
    throw error
  } finally {
    await showAll(expected, applier)
  }
}

async function applyAll(
  actions: readonly Action[],
  applier: Applier,
  expected: Expectation[],
): Promise<void> {
  for (const action of actions) {
    if (action.verb === 'note') record(action.note, applier)
    else if (action.verb === 'batches') await applyBatches(action.writes, applier, expected)
    else await applyWrite(action, applier, expected)
  }
}

async function applyBatches(
  writes: readonly Write[],
  applier: Applier,
  expected: Expectation[],
): Promise<void> {
  for (let done = 0, size = 1; done < writes.length; done += size, size *= 2) {
    const batch = writes.slice(done, done + size)
    const results = await Promise.allSettled(
      batch.map((write) => applyWrite(write, applier, expected)),
    )
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}

async function applyWrite(write: Write, applier: Applier, expected: Expectation[]): Promise<void> {
  let written: KubeObject | undefined
  try {
    written = await send(write, applier.client)
  } catch (error) {
    if (isIgnored(error, write.ignore)) return
    if (error instanceof Error) record(write.report?.failure?.(error), applier)
    throw error
  }
  const expectation = expectationOf(write, written, applier.informers)
  if (expectation) expected.push(expectation)
  record(reportOf(write.report, write, written), applier)
}

function isIgnored(error: unknown, ignored: Write['ignore'] = []): boolean {
  if (!(error instanceof StatusError)) return false
  const causes = (error.details?.causes ?? []).map(({ reason }) => reason)
  return ignored.some((reason) => reason === error.reason || causes.includes(reason))
}

function reportOf(report: Report | undefined, write: Write, written: KubeObject | undefined) {
  const object = written ?? ('object' in write ? write.object : undefined)
  return object ? report?.success?.(object) : report?.success?.(deletedObject(write))
}

/** What success() is told of a delete: the kind and the key are all there is. */
function deletedObject(write: Write): KubeObject {
  const key = 'key' in write ? write.key : write.object.metadata
  return { apiVersion: '', kind: write.kind, metadata: key }
}

/** The `never` stands for "the object that belongs to this kind", which Write guarantees. */
function send(write: Write, client: Client): Promise<KubeObject | undefined> {
  switch (write.verb) {
    case 'create':
      return client.create(write.kind, write.object as never)
    case 'update':
      return client.update(write.kind, write.object as never, write.subresource)
    case 'patch': {
      const { type, subresource } = write
      const options = { type, ...(subresource && { subresource }) }
      return client.patch(write.kind, write.key, write.patch, options)
    }
    case 'delete':
      return client.delete(write.kind, write.key, write.options).then(() => undefined)
  }
}

function expectationOf(
  write: Write,
  written: KubeObject | undefined,
  informers: RunningInformers,
): Expectation | undefined {
  const { kind } = write
  if (!informers.isWanted(kind)) return undefined
  const lister = informers.listers[kind]
  if (write.verb === 'delete') {
    const uid = write.options?.preconditions?.uid
    return {
      kind,
      isShown: () => {
        const seen = lister.get(write.key)?.metadata
        return !seen || seen.deletionTimestamp !== undefined || (!!uid && seen.uid !== uid)
      },
    }
  }
  const revision = Number(written?.metadata.resourceVersion)
  return revision > 0 ? { kind, isShown: () => informers.revision(kind) >= revision } : undefined
}

async function showAll(
  expected: readonly Expectation[],
  { informers, clock, signal }: Applier,
): Promise<void> {
  const missing = expected.filter(({ isShown }) => !isShown())
  if (missing.length === 0) return
  const stop = new AbortController()
  const waiting = AbortSignal.any([signal, stop.signal])
  const shown = Promise.all(
    missing.map(({ kind, isShown }) => informers.shown(kind, isShown, waiting)),
  )
  const late = clock.sleep(longestWaitMs, waiting)
  await Promise.race([shown, late]).catch(() => {})
  stop.abort()
  await Promise.allSettled([shown, late])
}

function record(note: ReturnType<NonNullable<Report['success']>> | undefined, applier: Applier) {
  if (note) applier.recorder.record(note.regarding, note.type, note.reason, note.message)
}
