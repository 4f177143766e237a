// The Store over a real etcd, v3, one member or several; other API servers and other writers may
// use the same. Keys and values are stored as they are, so the layout is the registry's.
// A write is one transaction: the key's mod_revision is compared, then it is put or deleted. Each
// has a revision of its own (several in one transaction would share one, and a client that resumes
// after it would miss the rest), so they are not grouped here: they travel together on one
// connection, and etcd writes those that come together to disk at once.

import type {
  Entry,
  RangeOptions,
  RangeResult,
  Store,
  WatchOptions,
  WriteResult,
} from '../../store.ts'
import {
  Compacted,
  FutureRevision,
  StoreClosed,
  StoreFull,
  StoreUnavailable,
  TooLarge,
} from '../../store.ts'
import type { Versions } from '../../versions.ts'
import { createFeed } from './feed.ts'
import { GrpcError, grpcCode } from './grpc.ts'
import { findCompaction } from './history.ts'
import { createLines } from './lines.ts'
import { createMembers, type MembersOptions } from './members.ts'
import {
  decodeRange,
  decodeTxn,
  encodeCompaction,
  encodeRange,
  encodeTxn,
  everyKey,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
} from './messages.ts'
import { createMirror } from './mirror.ts'
import { sharedCall } from './shared-call.ts'

export type EtcdOptions = MembersOptions

/** Keys of one answer, as upstream's largest page: etcd answers others in between. */
const pageKeys = 10_000
/** Rejects with StoreUnavailable where no member answers. */
export async function etcdStore(options: EtcdOptions): Promise<Store> {
  const life = new AbortController()
  const { signal } = life
  const members = createMembers({ ...options, signal })
  const latest = sharedCall(async () => (await range(nowhere)).revision)
  const lines = createLines()
  let isClosed = false
  // Who opens it may give up; once open it lives until it is disposed of, so that those who use it
  // can end in good order.
  const giveUp = () => life.abort()
  options.signal.addEventListener('abort', giveUp)
  const start = await latest().catch((error) => {
    members.close()
    throw error
  })
  options.signal.removeEventListener('abort', giveUp)
  const mirror = createMirror({ read: readAll })
  const feed = createFeed({ ...options, members, mirror, revision: start })

  async function range(request: RangeRequest): Promise<RangeResponse> {
    try {
      return decodeRange((await members.call(paths.range, encodeRange(request))).bytes)
    } catch (error) {
      throw await explained(error)
    }
  }

  /** etcd's answer as the error the store's users know. */
  async function explained(error: unknown): Promise<unknown> {
    if (!(error instanceof GrpcError)) return error
    const { code, message } = error
    if (code === grpcCode.resourceExhausted && /space exceeded/.test(message)) {
      return new StoreFull(message)
    }
    if (/request is too large|message larger than max/.test(message)) return new TooLarge(message)
    if (code !== grpcCode.outOfRange) return error
    if (/compacted/.test(message)) return compactedBefore(await findCompaction(members, signal))
    if (/future revision/.test(message)) return new FutureRevision(await latest())
    return error
  }

  /** Another store may have compacted: what etcd no longer tells, the mirror does not either. */
  function compactedBefore(revision: number): Compacted {
    feed.forget(revision)
    return new Compacted(revision)
  }

  async function write(request: TxnRequest): Promise<WriteResult> {
    if (isClosed) throw new StoreClosed('the store is closed')
    const before = feed.revision
    try {
      const { bytes, isRepeated } = await members.call(paths.txn, encodeTxn(request))
      const answer = decodeTxn(bytes)
      const { isDone, revision, current } = answer
      if (isDone) return { ok: true, revision }
      if (isRepeated) return refusedAgain(request, answer, before)
      return { ok: false, current, revision }
    } catch (error) {
      throw await explained(error)
    }
  }

  /** What is as etcd is at this moment, or was at `revision`; undefined where etcd is to be asked. */
  async function mirrored(revision: number): Promise<Versions | undefined> {
    return revision > 0 ? mirror.knowing(revision) : mirror.at(await latest())
  }

  /** Every key there is, in pages of one revision. */
  async function* readAll(): AsyncGenerator<RangeResponse> {
    let key = everyKey.key
    for (let revision = 0; ; ) {
      const page = await range({ ...everyKey, key, limit: pageKeys, revision })
      revision ||= page.revision
      yield { ...page, revision }
      if (page.entries.length >= page.count) return
      key = `${page.entries.at(-1)?.key}\0`
    }
  }

  async function readRange(prefix: string, asked: RangeOptions): Promise<RangeResult> {
    const versions = await mirrored(asked.revision ?? 0)
    return versions ? versions.range(prefix, asked) : askRange(prefix, asked)
  }

  async function askRange(prefix: string, asked: RangeOptions): Promise<RangeResult> {
    const { after, limit = Number.POSITIVE_INFINITY } = asked
    const end = endOfPrefix(prefix)
    const entries: Entry[] = []
    let { revision = 0 } = asked
    let key = after === undefined ? prefix : `${after}\0`
    for (;;) {
      const wanted = Math.min(limit - entries.length, pageKeys)
      const page = await range({ key, end, limit: wanted, revision })
      revision ||= page.revision
      entries.push(...page.entries)
      const remaining = page.count - page.entries.length
      if (remaining === 0 || entries.length >= limit) return { entries, revision, remaining }
      key = `${page.entries.at(-1)?.key}\0`
    }
  }

  return {
    revision: latest,
    async compactedRevision() {
      try {
        await members.call(paths.range, encodeRange({ ...nowhere, revision: 1 }))
        return 0
      } catch (error) {
        const said = await explained(error)
        if (said instanceof Compacted) return said.compactedRevision
        throw said
      }
    },
    async get(key, revision = 0) {
      const versions = await mirrored(revision)
      if (versions) return versions.get(key, revision)
      return (await range({ key, revision })).entries[0]
    },
    range: (prefix, asked = {}) => readRange(prefix, asked),
    put: (key, value, expected) => lines.run(key, () => write({ key, value, expected })),
    async delete(key, expected) {
      if (expected > 0) return lines.run(key, () => write({ key, expected }))
      const { entries, revision } = await range({ key })
      return { ok: false, current: entries[0], revision }
    },
    watch: (prefix: string, options: WatchOptions) => feed.watch(prefix, options),
    async compact(revision) {
      try {
        await members.call(paths.compact, encodeCompaction(revision))
      } catch (error) {
        throw await explained(error)
      }
      feed.forget(revision)
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await lines.idle()
      await feed.close()
      members.close()
      life.abort()
      await mirror.close()
    },
  }
}

const paths = {
  range: '/etcdserverpb.KV/Range',
  txn: '/etcdserverpb.KV/Txn',
  compact: '/etcdserverpb.KV/Compact',
} as const

/** Asks for nothing but the revision. */
const nowhere: RangeRequest = { key: '\0', isCountOnly: true }

/**
 * A write that was tried twice may be refused by its own first try: then the key holds just these
 * bytes. What was there before the first try refused it in earnest. Of anything else nobody can
 * tell whether the write was done and then overwritten, or never done.
 */
function refusedAgain(
  { key, value }: TxnRequest,
  { current, revision }: Pick<TxnResponse, 'current' | 'revision'>,
  before: number,
): WriteResult {
  if (value && current && Buffer.compare(value, current.value) === 0) {
    return { ok: true, revision: current.revision }
  }
  if (current && current.revision <= before) return { ok: false, current, revision }
  throw new StoreUnavailable(`${key}: etcd was lost during the write, which may have been done`)
}

/** The first key after all that begin with `prefix`; NUL means the end of all keys. */
export function endOfPrefix(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1)
  // Kubernetes keys are ASCII.
  return prefix === '' ? '\0' : prefix.slice(0, -1) + String.fromCharCode(last + 1)
}
