// A real API server process whose disk is shared, damaged, full or slow.

import assert from 'node:assert/strict'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { objectOf, pathOf } from '../simulation/api-calls.ts'
import { makeServerFolder, type ServerFolder, startServerProcess } from './api-server.ts'
import { ask, connection, place } from './https-clients.ts'

const path = '/api/v1/namespaces/default/configmaps'
const create = (name: string, text = 't0x') => ({
  ...{ method: 'POST', path, body: objectOf(place + name, text) },
})
const get = (name: string) => ({ method: 'GET', path: pathOf(place + name) })

/** The newest segment of the log, and what it holds. */
function logOf(folder: ServerFolder) {
  const store = join(folder.path, 'store')
  const [name = ''] = readdirSync(store).filter((each) => each.endsWith('.log'))
  return { file: join(store, name), bytes: readFileSync(join(store, name)) }
}

test('a folder has one server; a torn tail is dropped, damage before it is refused', async () => {
  using folder = makeServerFolder()
  const to = connection(folder.ca, folder.client)
  const first = await startServerProcess(folder.path)
  to.port = first.port
  await assert.rejects(
    startServerProcess(folder.path),
    /FolderInUse.* is in use by another process/,
  )
  assert.equal((await ask(to, create('a'))).status, 201)
  await first.kill()
  const { file, bytes } = logOf(folder)
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1
  const head = bytes.subarray(0, 20)
  // As if power had failed in the middle of one more batch: some of it is there, then zeros.
  const torn = Buffer.concat([
    bytes.subarray(0, end),
    head,
    Buffer.from('{"kind":"Con'),
    Buffer.alloc(900),
  ])
  writeFileSync(file, torn)
  const second = await startServerProcess(folder.path)
  to.port = second.port
  assert.equal((await ask(to, get('a'))).status, 200)
  assert.equal((await ask(to, create('b'))).status, 201)
  await second.kill()
  const whole = logOf(folder).bytes
  const changed = Buffer.from(whole)
  changed[1000] = (changed[1000] ?? 0) ^ 1
  writeFileSync(file, changed)
  await assert.rejects(startServerProcess(folder.path), /LogCorrupt.* is damaged at byte/)
  writeFileSync(file, whole)
  const third = await startServerProcess(folder.path)
  to.port = third.port
  assert.equal((await ask(to, get('b'))).status, 200)
  to.agent.destroy()
  await third.kill()
})

const isRoot = process.getuid?.() === 0

test('a full disk refuses writes, reads go on, and with room again so do writes', {
  skip: isRoot ? false : 'a small file system needs root',
}, async () => {
  using folder = makeServerFolder()
  const store = join(folder.path, 'store')
  mkdirSync(store)
  const mount = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'
  const within = ['unshare', '--mount', 'sh', '-c', mount, store]
  const env = { SNAPSHOT_ABOVE: '2000000' }
  const server = await startServerProcess(folder.path, { within, env })
  const to = connection(folder.ca, folder.client)
  to.port = server.port
  // The file system is in the mount namespace of the process alone.
  const filler = join(`/proc/${server.child.pid}/root`, store, 'filler')
  const text = 'x'.repeat(200_000)
  assert.equal((await ask(to, create('before', text))).status, 201)
  fill(filler)
  const outcomes = []
  for (let i = 0; i < 12; i++) outcomes.push(await ask(to, create(`c${i}`, text)))
  const refused = outcomes.filter(({ status }) => status !== 201)
  assert.ok(refused.length > 0)
  for (const { status, json } of refused) {
    assert.deepEqual([status, json.reason], [500, 'InternalError'])
    assert.match(json.message, /no room for the log/)
  }
  assert.equal((await ask(to, get('before'))).status, 200)
  rmSync(filler)
  assert.equal((await ask(to, create('after', text))).status, 201)
  const { json } = await ask(to, { method: 'GET', path })
  const made = outcomes.filter(({ status }) => status === 201).length
  assert.equal(json.items.length, made + 2)
  to.agent.destroy()
  await server.kill()
})

/** Writes until there is no room. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeFileSync(file, Buffer.alloc(100_000, 'x'))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(file)
  }
}

test('a slow disk delays who writes, and nobody who reads; nothing is seen before it is durable', async () => {
  using folder = makeServerFolder()
  const server = await startServerProcess(folder.path)
  const to = connection(folder.ca, folder.client)
  to.port = server.port
  assert.equal((await ask(to, create('a'))).status, 201)
  const hold = join(folder.path, 'hold')
  writeFileSync(hold, '')
  let isWritten = false
  const writing = ask(to, create('b')).then(() => {
    isWritten = true
  })
  for (let i = 0; i < 20; i++) assert.equal((await ask(to, get('a'))).status, 200)
  assert.equal((await ask(to, get('b'))).status, 404)
  assert.equal(isWritten, false)
  rmSync(hold)
  await writing
  assert.equal((await ask(to, get('b'))).status, 200)
  to.agent.destroy()
  await server.kill()
})
