import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Secret } from '../../api/types.gen.ts'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { openLog } from '../../store/drivers/log.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { openLocalStore } from '../../store/local-store.ts'
import type { Store } from '../../store/store.ts'
import { createReader, type Reader } from '../reader.ts'
import { createRegistry } from '../registry/registry.ts'
import { takenOver } from '../registry/taken-over.ts'
import { encryptedLog } from './encrypted-log.ts'
import { parseEncryptionConfig } from './encryption-config.ts'
import { readableStore } from './readable-store.ts'
import { createValueCodec, type ValueCodec } from './value-codec.ts'
import { ValueNotes } from './value-notes.ts'

const secretOf = (letter: string) => Buffer.alloc(32, letter).toString('base64')

/** Secrets by these providers, the first one writing: aesgcm/a is the provider's and the key's name. */
function codecOf(...providers: string[]): ValueCodec {
  const lines = providers.map((each) => {
    const [name = '', key = ''] = each.split('/')
    return name === 'identity'
      ? '  - identity: {}'
      : `  - ${name}: {keys: [{name: ${key}, secret: ${secretOf(key)}}]}`
  })
  return createValueCodec(
    parseEncryptionConfig(
      [
        'apiVersion: apiserver.config.k8s.io/v1',
        'kind: EncryptionConfiguration',
        'resources:',
        '- resources: [secrets]',
        '  providers:',
        ...lines,
      ].join('\n'),
    ),
  )
}

interface Api {
  readonly reader: Reader
  readonly store: Store
}

/** A registry over the store; the store ends with it. */
async function withRegistry(
  store: Store,
  notes: ValueNotes,
  use: (api: Api) => Promise<void>,
): Promise<void> {
  const ended = new AbortController()
  try {
    const registry = createRegistry({
      ...{ store, clock: systemClock, random: systemRandom, signal: ended.signal },
      isStale: notes.isStale,
    })
    await use({ reader: createReader(registry.handle), store })
  } finally {
    ended.abort()
    await store[Symbol.asyncDispose]()
  }
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'encryption-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function withLog(
  folder: string,
  codec: ValueCodec,
  use: (api: Api) => Promise<void>,
): Promise<void> {
  const notes = new ValueNotes()
  const log = await openLog(folder, { snapshotAboveBytes: 1 << 20 })
  const store = await openLocalStore(encryptedLog(log, codec, notes))
  await withRegistry(notes.hasUnreadable ? readableStore(store, notes) : store, notes, use)
}

async function textIn(folder: string): Promise<string> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map((name) => readFile(join(folder, name), 'latin1').catch(() => '')),
  )
  return files.join('')
}

const path = '/api/v1/namespaces/default/secrets'
const headers = { 'content-type': 'application/json' }
const plain = 'dmVyeSBzZWNyZXQ='

async function createSecret({ reader }: Api, name: string): Promise<Secret> {
  const body = JSON.stringify({ metadata: { name }, data: { key: plain } })
  return (await reader.send({ method: 'POST', path, headers, body })) as Secret
}

async function prepare({ reader }: Api): Promise<void> {
  const body = JSON.stringify({ metadata: { name: 'default' } })
  await reader.send({ method: 'POST', path: '/api/v1/namespaces', headers, body })
}

async function replace({ reader }: Api, secret: Secret): Promise<Secret> {
  const { name } = secret.metadata
  const body = JSON.stringify(secret)
  return (await reader.send({ method: 'PUT', path: `${path}/${name}`, headers, body })) as Secret
}

const getSecret = ({ reader }: Api, name: string) =>
  reader.get('Secret', { namespace: 'default', name })

test('in the files of the log a Secret is encrypted, other kinds are not', () =>
  inFolder(async (folder) => {
    await withLog(folder, codecOf('aesgcm/a', 'identity'), async (api) => {
      await prepare(api)
      await createSecret(api, 'one')
      assert.equal((await getSecret(api, 'one'))?.data?.['key'], plain)
    })
    const text = await textIn(folder)
    assert.equal(text.includes(plain), false)
    assert.equal(text.includes('k8s:enc:aesgcm:v1:a:'), true)
    assert.equal(text.includes('{"kind":"Namespace"'), true)
    await withLog(folder, codecOf('aesgcm/a'), async (api) => {
      assert.equal((await getSecret(api, 'one'))?.data?.['key'], plain)
    })
  }))

test('snapshots are encrypted as well', () =>
  inFolder(async (folder) => {
    await withLog(folder, codecOf('secretbox/a'), async (api) => {
      await prepare(api)
      const secret = await createSecret(api, 'one')
      const big = 'x'.repeat(300_000)
      let last = secret
      for (let count = 0; count < 8; count++)
        last = await replace(api, { ...last, stringData: { big: `${big}${count}` } } as Secret)
    })
    assert.ok((await readdir(folder)).some((name) => name.includes('snapshot')))
    assert.equal((await textIn(folder)).includes(plain), false)
    await withLog(folder, codecOf('secretbox/a'), async (api) => {
      assert.equal((await getSecret(api, 'one'))?.data?.['key'], plain)
    })
  }))

test('after a change of keys a write that changes nothing is written, once', () =>
  inFolder(async (folder) => {
    await withLog(folder, codecOf('identity'), async (api) => {
      await prepare(api)
      await createSecret(api, 'one')
    })
    await withLog(folder, codecOf('aescbc/b', 'identity'), async (api) => {
      const before = await getSecret(api, 'one')
      assert.ok(before)
      const first = await replace(api, before)
      assert.notEqual(first.metadata.resourceVersion, before.metadata.resourceVersion)
      const second = await replace(api, first)
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
    })
    await withLog(folder, codecOf('aescbc/b'), async (api) => {
      assert.equal((await getSecret(api, 'one'))?.data?.['key'], plain)
    })
  }))

test('without its key a Secret is an error, alone and in lists; nothing of it is lost', () =>
  inFolder(async (folder) => {
    await withLog(folder, codecOf('aesgcm/a'), async (api) => {
      await prepare(api)
      await createSecret(api, 'one')
    })
    await withLog(folder, codecOf('aesgcm/b'), async (api) => {
      const missing = 'no matching key was found for the provided AES transformer'
      await assert.rejects(getSecret(api, 'one'), {
        reason: 'InternalError',
        message: `Internal error occurred: ${missing}`,
      })
      await assert.rejects(api.reader.list('Secret'), {
        message: `Internal error occurred: unable to transform key "/registry/secrets/default/one": ${missing}`,
      })
      await assert.rejects(api.reader.send({ method: 'DELETE', path: `${path}/one` }), {
        reason: 'InternalError',
      })
      await createSecret(api, 'two')
      assert.equal((await getSecret(api, 'two'))?.data?.['key'], plain)
    })
    await withLog(folder, createValueCodec([]), async (api) => {
      await assert.rejects(getSecret(api, 'one'), {
        message: 'Internal error occurred: identity transformer tried to read encrypted data',
      })
    })
    await withLog(folder, codecOf('aesgcm/a', 'aesgcm/b'), async (api) => {
      assert.equal((await getSecret(api, 'one'))?.data?.['key'], plain)
      assert.equal((await getSecret(api, 'two'))?.data?.['key'], plain)
    })
  }))

test('in a store of others values are encrypted there, and watched in plain', async () => {
  const kept = await memoryStore()
  const notes = new ValueNotes()
  const codec = codecOf('secretbox/a', 'identity')
  const store = readableStore(takenOver(kept, { codec, notes }), notes)
  await withRegistry(store, notes, async (api) => {
    await prepare(api)
    // As kube-apiserver left it: not encrypted, with a line's end.
    const foreign = {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 'old', namespace: 'default', uid: 'u', creationTimestamp: null },
      data: { key: plain },
      type: 'Opaque',
    }
    await kept.put('/registry/secrets/default/old', Buffer.from(`${JSON.stringify(foreign)}\n`), 0)
    const seen: string[] = []
    const ending = new AbortController()
    const following = await api.reader.follow(
      'Secret',
      ({ current }) => void seen.push(`${current?.metadata.name} ${current?.data?.['key']}`),
      ending.signal,
    )
    await createSecret(api, 'one')
    const old = await getSecret(api, 'old')
    assert.ok(old)
    const written = await replace(api, old)
    assert.notEqual(written.metadata.resourceVersion, old.metadata.resourceVersion)
    const { entries } = await kept.range('/registry/secrets/')
    assert.deepEqual(
      entries.map(({ value }) => Buffer.from(value).toString('latin1').slice(0, 23)),
      ['k8s:enc:secretbox:v1:a:', 'k8s:enc:secretbox:v1:a:'],
    )
    while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(seen, [`old ${plain}`, `one ${plain}`, `old ${plain}`])
    ending.abort()
    await following.ended
  })
})
