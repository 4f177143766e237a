// Clients of the registry in a simulation: writers that create, update, patch and delete, with and
// without a resourceVersion; listers in pages, with selectors, now and in the past; reflectors that
// list and watch, or stream, and resume.

import type { Registry } from '../../src/apiserver/registry/registry.ts'
import type { Random } from '../../src/lib/random.ts'
import type { Item, Matches } from '../history/history.ts'
import {
  type Answer,
  type Call,
  collection,
  itemOf,
  labelOf,
  objectOf,
  pathOf,
  prefix,
  send,
  textOf,
  toldBy,
  watching,
} from './api-calls.ts'
import type { Asked, Recorder, Watching } from './recorder.ts'
import type { Scheduler } from './scheduler.ts'

export interface ApiClients {
  readonly registry: Registry
  readonly random: Random
  readonly scheduler: Scheduler
  readonly recorder: Recorder
  nextCount(): number
  compacted(): Promise<number>
  isEnding(): boolean
}

const namespaces = ['a', 'b']
const keys = namespaces.flatMap((namespace) =>
  ['m', 'n', 'o'].map((name) => `${prefix}${namespace}/${name}`),
)

export async function runApiWriter(clients: ApiClients): Promise<void> {
  const { registry, random, scheduler, recorder, isEnding } = clients
  while (!isEnding()) {
    await scheduler.turn()
    const key = pick(keys, random)
    const held = await heldAt(clients, key)
    const { asked, call } = writeOf(clients, key, held)
    const told = recorder.write(asked)
    told(toldBy(await send(registry, call)))
  }
}

async function heldAt({ registry, recorder }: ApiClients, key: string): Promise<number> {
  const read = recorder.read(key)
  const { status, json } = await send(registry, { method: 'GET', path: pathOf(key) })
  const item = status === 200 ? itemOf(json) : undefined
  read(item)
  return item?.revision ?? 0
}

/** Mostly what fits to what is held; sometimes what is refused. */
function writeOf(
  { random, nextCount }: ApiClients,
  key: string,
  held: number,
): { asked: Asked; call: Call } {
  const text = textOf(nextCount())
  const path = pathOf(key)
  const put = { type: 'put', key, text } as const
  const kind = held === 0 && random.below(8) > 0 ? 0 : 1 + random.below(5)
  if (kind === 0) {
    const [, namespace = ''] = /configmaps\/([^/]+)/.exec(key) ?? []
    const call: Call = { method: 'POST', path: collection(namespace), body: objectOf(key, text) }
    return { asked: { ...put, expected: 0 }, call }
  }
  if (kind === 1) {
    return {
      asked: { ...put, ...(held > 0 && { expected: held }) },
      call: { method: 'PUT', path, body: objectOf(key, text, held > 0 ? held : undefined) },
    }
  }
  if (kind === 2) return { asked: put, call: { method: 'PUT', path, body: objectOf(key, text) } }
  if (kind === 3) {
    const body = { metadata: { labels: { app: labelOf(text) } }, data: { t: text } }
    const contentType = 'application/merge-patch+json'
    return { asked: put, call: { method: 'PATCH', path, body, contentType } }
  }
  const deleted = { type: 'delete', key, text: '' } as const
  if (kind === 4 && held > 0) {
    const body = { preconditions: { resourceVersion: String(held) } }
    return { asked: { ...deleted, expected: held }, call: { method: 'DELETE', path, body } }
  }
  return { asked: deleted, call: { method: 'DELETE', path } }
}

interface View {
  readonly namespace: string
  readonly label: string | undefined
  readonly matches?: Matches
}

function viewOf(random: Random): View {
  const namespace = pick(['', ...namespaces], random)
  const label = pick([undefined, undefined, 'x', 'y'], random)
  return { namespace, label, ...(label && { matches: (text: string) => labelOf(text) === label }) }
}

const prefixOf = ({ namespace }: View) => (namespace === '' ? prefix : `${prefix}${namespace}/`)

export async function runApiLister(clients: ApiClients): Promise<void> {
  const { random, scheduler, isEnding } = clients
  while (!isEnding()) {
    await scheduler.turn()
    await listOnce(clients, viewOf(random), random.below(3) === 0)
  }
}

/** Resolves to the revision of the list; undefined where it has been compacted meanwhile. */
async function listOnce(clients: ApiClients, view: View, isPast: boolean) {
  const { registry, random, scheduler, recorder, compacted } = clients
  const query = new URLSearchParams(view.label ? { labelSelector: `app=${view.label}` } : {})
  if (random.below(2) === 0) query.set('limit', String(1 + random.below(3)))
  const at = isPast ? 1 + random.below(40) : undefined
  if (at !== undefined) {
    query.set('resourceVersion', String(at))
    query.set('resourceVersionMatch', 'Exact')
  }
  const told = recorder.list({
    prefix: prefixOf(view),
    ...(view.matches && { matches: view.matches }),
    ...(at !== undefined && { at }),
  })
  const items: Item[] = []
  let revision: number | undefined
  while (true) {
    const path = `${collection(view.namespace)}?${query}`
    const { status, json } = await send(registry, { method: 'GET', path })
    if (status === 504 && at !== undefined) return undefined
    if (status === 410) {
      recorder.gone.push({ asked: revision ?? at ?? 0, compacted: await compacted() })
      if (revision !== undefined) await goOnAnyway(clients, view, json.metadata.continue)
      return undefined
    }
    assertOk({ status, json })
    revision = Number(json.metadata.resourceVersion)
    items.push(...json.items.map(itemOf))
    if (!json.metadata.continue) break
    query.set('continue', json.metadata.continue)
    for (const name of ['resourceVersion', 'resourceVersionMatch']) query.delete(name)
    for (let pause = random.below(4); pause > 0; pause--) await scheduler.turn()
  }
  told(revision, items)
  return revision
}

/** The token of a 410 leads to what comes after, at a later revision. */
async function goOnAnyway({ registry }: ApiClients, view: View, token: unknown): Promise<void> {
  if (typeof token !== 'string') throw new Error('410 for a page comes without a fresh token')
  const query = new URLSearchParams({ continue: token })
  const path = `${collection(view.namespace)}?${query}`
  assertOk(await send(registry, { method: 'GET', path }))
}

function assertOk({ status, json }: Answer): void {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`)
}

/** Where a reflector is; kept over crashes. */
export interface Place {
  view?: View
  from?: number
}

export async function runReflector(clients: ApiClients, place: Place): Promise<void> {
  const { random, scheduler } = clients
  place.view ??= viewOf(random)
  while (true) {
    await scheduler.turn()
    if (place.from === undefined && random.below(2) === 0) {
      const from = await listOnce(clients, place.view, false)
      if (from === undefined) continue
      place.from = from
    }
    await watchOnce(clients, place, place.view)
  }
}

async function watchOnce(clients: ApiClients, place: Place, view: View): Promise<void> {
  const { registry, random, scheduler, isEnding } = clients
  const leaving = new AbortController()
  const query = new URLSearchParams({ watch: 'true', allowWatchBookmarks: 'true' })
  if (view.label) query.set('labelSelector', `app=${view.label}`)
  if (place.from !== undefined) query.set('resourceVersion', String(place.from))
  else {
    query.set('sendInitialEvents', 'true')
    query.set('resourceVersionMatch', 'NotOlderThan')
  }
  if (!isEnding() && random.below(2) === 0)
    query.set('timeoutSeconds', String(1 + random.below(30)))
  const path = `${collection(view.namespace)}?${query}`
  const taking = takes(clients, place, view)
  let left = 1 + random.below(12)
  for await (const seen of watching(registry, { method: 'GET', path, signal: leaving.signal })) {
    if (!(await taking(seen))) return
    if (isEnding()) continue
    if (--left === 0) leaving.abort()
    for (let pause = random.below(6); pause > 0; pause--) await scheduler.turn()
  }
}

type Taking = (
  seen: Awaited<ReturnType<ReturnType<typeof watching>['next']>>['value'],
) => Promise<boolean>

/** Records what is seen; false when the watch cannot go on from where it was. */
function takes(clients: ApiClients, place: Place, view: View): Taking {
  const { recorder, scheduler, compacted } = clients
  const limits = { prefix: prefixOf(view), ...(view.matches && { matches: view.matches }) }
  const initial: Item[] = []
  const listed = recorder.list(limits)
  let record: Watching | undefined =
    place.from === undefined ? undefined : recorder.watch({ ...limits, after: place.from })
  return async (seen) => {
    if (!seen) return false
    if ('code' in seen) {
      // The store is closing, or gives no answer.
      if (seen.code > 500) return false
      if (seen.code !== 410) throw new Error(`${seen.code} ${seen.message}`)
      recorder.gone.push({ asked: place.from ?? 0, compacted: await compacted() })
      delete place.from
      return false
    }
    const { event, isInitialEnd } = seen
    if (isInitialEnd) {
      listed(event.revision, initial)
      record = recorder.watch({ ...limits, after: event.revision })
      place.from = event.revision
    } else if (record) {
      record.events.push({ ...event, at: scheduler.tick() })
      place.from = event.revision
    } else initial.push(event)
    return true
  }
}

function pick<T>(all: readonly T[], random: Random): T {
  const index = random.below(all.length)
  if (index >= all.length) throw new Error('there is nothing to pick from')
  return all[index] as T
}
