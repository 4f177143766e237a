// LIST: one consistent view, whole or in pages, with label and field selectors.
// In: options and a store. Out: stored bytes with the list's metadata; nothing is parsed unless a
// selector asks for what is inside.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { Compacted, type Entry, type Store } from '../../store/store.ts'
import type { ServerAnswer } from '../request.ts'
import { type Call, listAnswer } from './answers.ts'
import { badRequest, Expired } from './errors.ts'
import { assertReached, translated } from './get.ts'
import type { ListMetadata } from './object-form.ts'
import { type ListOptions, listOptions, parseRevision } from './options.ts'
import { decodePageToken, encodePageToken } from './page-token.ts'
import { keyOf, prefixOf } from './resource.ts'
import { type Selection, selectionOf } from './selection.ts'

/** Entries read at once while a selector looks for enough matches to fill a page. */
const scanEntries = 1000
/** Entries that a selector looks at before others get their turn. */
const entriesPerTurn = 200

export async function list(store: Store, call: Call): Promise<ServerAnswer> {
  const { metadata, entries } = await listed(store, call, listOptions(call.request.query))
  return listAnswer(call, metadata, entries)
}

export interface Listed {
  readonly metadata: ListMetadata
  readonly entries: readonly Entry[]
  readonly revision: number
}

/** Throws Expired, BadRequest, Timeout (a revision not yet reached). */
export async function listed(store: Store, call: Call, options: ListOptions): Promise<Listed> {
  const { resource, name } = call
  const selection = selectionOf(resource, options, name)
  const namespace = call.namespace || (resource.entry.namespaced && selection.namespace) || ''
  if (isElsewhere(call, selection)) return nothing(await store.revision())
  const prefix = prefixOf(resource, namespace)
  const start = await startOf(store, options, prefix)
  if (selection.name !== undefined && (namespace || !resource.entry.namespaced)) {
    const key = keyOf(resource, namespace, selection.name)
    return only(await readOne(store, key, start), selection)
  }
  const page = await readPage(store, { prefix, selection, limit: limitOf(options), start })
  return { ...page, metadata: metadataOf(page, prefix, selection) }
}

/** Any revision will do: upstream's cache answers that whole, whatever the limit. */
function limitOf({ resourceVersion, limit }: ListOptions): number {
  return resourceVersion === '0' ? 0 : limit
}

/** A namespace was asked by path and another by field selector. */
function isElsewhere({ namespace, resource }: Call, selection: Selection): boolean {
  const { namespace: asked } = selection
  if (asked === undefined) return false
  return resource.entry.namespaced ? namespace !== '' && asked !== namespace : asked !== ''
}

function nothing(revision: number): Listed {
  return { metadata: { resourceVersion: String(revision) }, entries: [], revision }
}

interface Start {
  /** Undefined: now. */
  readonly revision: number | undefined
  readonly after: string | undefined
}

async function startOf(store: Store, options: ListOptions, prefix: string): Promise<Start> {
  const { resourceVersion, resourceVersionMatch: match, limit } = options
  if (options.continue !== '') {
    const { revision, after } = decodePageToken(prefix, options.continue)
    if (resourceVersion !== '' && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    return { revision: revision > 0 ? revision : undefined, after }
  }
  const revision = parseRevision(resourceVersion)
  if (revision === 0) return { revision: undefined, after: undefined }
  const isExact = match === 'Exact' || (match === '' && limit > 0)
  if (isExact) return { revision, after: undefined }
  await assertReached(store, revision)
  return { revision: undefined, after: undefined }
}

async function readOne(store: Store, key: string, { revision }: Start): Promise<Listed> {
  try {
    const at = revision ?? (await store.revision())
    const entry = await store.get(key, revision)
    return { ...nothing(Math.max(at, entry?.revision ?? 0)), entries: entry ? [entry] : [] }
  } catch (error) {
    if (error instanceof Compacted) throw new Expired(listTooOld)
    throw translated(error, revision ?? 0)
  }
}

function only(found: Listed, { matches }: Selection): Listed {
  if (!matches) return found
  return { ...found, entries: found.entries.filter(({ value }) => matches(value)) }
}

interface PageRequest {
  readonly prefix: string
  readonly selection: Selection
  /** 0: all. */
  readonly limit: number
  readonly start: Start
}

interface Page {
  readonly entries: readonly Entry[]
  readonly revision: number
  /** Entries in the range that come after this page, matching or not. */
  readonly remaining: number
}

async function readPage(store: Store, request: PageRequest): Promise<Page> {
  const { prefix, selection, limit, start } = request
  const matches = pageFilter(prefix, selection)
  const found: Entry[] = []
  let { revision, after } = start
  while (true) {
    const size = matches && limit > 0 ? Math.max(limit, scanEntries) : limit
    const range = await readRange(store, request, {
      ...(after !== undefined && { after }),
      ...(size > 0 && { limit: size }),
      ...(revision !== undefined && { revision }),
    })
    revision = range.revision
    if (!matches) return range
    for (const [index, entry] of range.entries.entries()) {
      if (index % entriesPerTurn === entriesPerTurn - 1) await nextTurn()
      if (!matches(entry)) continue
      found.push(entry)
      const remaining = range.remaining + range.entries.length - index - 1
      if (found.length === limit) return { entries: found, revision, remaining }
    }
    if (range.remaining === 0) return { entries: found, revision, remaining: 0 }
    after = range.entries.at(-1)?.key
  }
}

function pageFilter(prefix: string, { name, matches }: Selection) {
  if (name === undefined) return matches && ((entry: Entry) => matches(entry.value))
  return ({ key, value }: Entry) =>
    key.length > prefix.length && key.endsWith(`/${name}`) && (!matches || matches(value))
}

async function readRange(
  store: Store,
  { prefix, start }: PageRequest,
  options: { readonly after?: string; readonly limit?: number; readonly revision?: number },
) {
  try {
    return await store.range(prefix, options)
  } catch (error) {
    if (!(error instanceof Compacted)) throw translated(error, options.revision ?? 0)
    if (start.after === undefined) throw new Expired(listTooOld)
    throw new Expired(pageTooOld, encodePageToken(prefix, { revision: -1, after: start.after }))
  }
}

function metadataOf(page: Page, prefix: string, selection: Selection): ListMetadata {
  const { entries, revision, remaining } = page
  const last = entries.at(-1)
  const resourceVersion = String(revision)
  if (remaining === 0 || !last) return { resourceVersion }
  return {
    resourceVersion,
    continue: encodePageToken(prefix, { revision, after: last.key }),
    ...(selection.key === '' && { remainingItemCount: remaining }),
  }
}

const listTooOld = 'The resourceVersion for the provided list is too old.'
const pageTooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start ' +
  'a new list without the continue parameter, or use the continue token in this response to ' +
  'retrieve the remainder of the results. Continuing with the provided token results in an ' +
  'inconsistent list - objects that were created, modified, or deleted between the time the ' +
  'first chunk was returned and now may show up in the list.'
