// What the log promises beyond the contract: it outlives crashes, torn tails and a full disk.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LogCorrupt } from '../driver.ts'
import { openLocalStore } from '../local-store.ts'
import { StoreFull, StoreUnavailable } from '../store.ts'
import { type Disk, systemDisk } from './disk.ts'
import { FolderInUse } from './lock.ts'
import { logStore, openLog } from './log.ts'
import { memoryLog } from './memory.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value)
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sampan-log-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('everything is there again after closing and opening', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
    await store.put('/b', bytes('1'), 0)
    await store.put('/a', bytes('2'), 2)
    await store.delete('/b', 3)
  }
  await using store = await logStore(folder)
  assert.equal(await store.revision(), 5)
  assert.deepEqual(await store.get('/a'), {
    key: '/a',
    value: bytes('2'),
    revision: 4,
    createRevision: 2,
  })
  assert.equal(await store.get('/b'), undefined)
  assert.deepEqual(await store.put('/c', bytes('1'), 0), { ok: true, revision: 6 })
})

test('a torn last frame is dropped and the log goes on after the last whole one', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
    await store.put('/b', bytes('never acknowledged'), 0)
  }
  const path = await onlyLog()
  const file = await readFile(path)
  await writeFile(path, file.subarray(0, file.length - 3))
  {
    await using store = await logStore(folder)
    assert.equal(await store.revision(), 2)
    assert.deepEqual(await store.put('/b', bytes('again'), 0), { ok: true, revision: 3 })
  }
  await using store = await logStore(folder)
  assert.equal(text((await store.get('/b'))?.value), 'again')
})

test('garbage after the last frame is dropped', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
  }
  await appendFile(await onlyLog(), Buffer.from('not a frame at all, just what was on the disk'))
  await using store = await logStore(folder)
  assert.equal(await store.revision(), 2)
})

test('damage before acknowledged writes is refused, not repaired', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
    await store.put('/b', bytes('1'), 0)
  }
  const file = await open(await onlyLog(), 'r+')
  await file.write(Buffer.from([0xff]), 0, 1, 30)
  await file.close()
  await assert.rejects(logStore(folder), LogCorrupt)
})

test('a changed bit in the very last frame is refused too: it had been written as a whole', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
    await store.put('/b', bytes('x'.repeat(1000)), 0)
  }
  const path = await onlyLog()
  const whole = await readFile(path)
  for (const at of [whole.length - 1, whole.length - 700, whole.indexOf('SPF1', 1)]) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 2
    await writeFile(path, changed)
    await assert.rejects(logStore(folder), LogCorrupt)
  }
  for (const size of [whole.length - 1, whole.length - 700, whole.indexOf('SPF1', 1) + 19]) {
    // As a crash leaves it: the rest of the frame is still the zeros that were there.
    await writeFile(path, Buffer.concat([whole.subarray(0, size), Buffer.alloc(5000)]))
    await using store = await logStore(folder)
    assert.equal(await store.revision(), 2)
  }
})

test('after a sync that failed, writes go on in a new file, and the old one is not believed', async () => {
  let failures = 0
  const disk: Disk = {
    ...systemDisk,
    async open(path) {
      const file = await systemDisk.open(path)
      const sync = async () => {
        if (failures-- > 0) throw new Error('EIO')
        await file.sync()
      }
      return { ...file, sync }
    },
  }
  {
    await using store = await logStore(folder, { disk })
    await store.put('/a', bytes('1'), 0)
    failures = 1
    await assert.rejects(store.put('/b', bytes('perhaps'), 0), StoreUnavailable)
    assert.deepEqual(await store.put('/c', bytes('1'), 0), { ok: true, revision: 3 })
  }
  await using store = await logStore(folder)
  const { entries } = await store.range('/')
  assert.deepEqual(
    entries.map(({ key, revision }) => [key, revision]),
    [
      ['/a', 2],
      ['/c', 3],
    ],
  )
})

test('a snapshot for which there is no room leaves the log as it is', async () => {
  let hasRoom = false
  const disk: Disk = {
    ...systemDisk,
    async open(path) {
      if (hasRoom || path.includes('log-0000000000000001')) return systemDisk.open(path)
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    },
  }
  {
    await using store = await logStore(folder, { disk, snapshotAboveBytes: 100 })
    await store.put('/a', bytes('x'.repeat(200)), 0)
    await assert.rejects(store.put('/b', bytes('1'), 0), StoreFull)
    hasRoom = true
    assert.deepEqual(await store.put('/c', bytes('1'), 0), { ok: true, revision: 3 })
  }
  await using store = await logStore(folder)
  assert.equal(await store.revision(), 3)
})

test('a snapshot replaces the log and keeps revisions', async () => {
  const count = 200
  {
    await using store = await logStore(folder, { snapshotAboveBytes: 4096 })
    await store.put('/a', bytes('x'.repeat(100)), 0)
    for (let i = 0; i < count; i++) await store.put('/a', bytes('x'.repeat(100)), i + 2)
  }
  const names = await readdir(folder)
  assert.equal(names.filter((name) => name.startsWith('snapshot-')).length, 1)
  assert.equal(names.filter((name) => name.startsWith('log-')).length, 1)
  await using store = await logStore(folder)
  const entry = await store.get('/a')
  assert.deepEqual([entry?.revision, entry?.createRevision], [count + 2, 2])
})

test('an unfinished snapshot is ignored and removed', async () => {
  {
    await using store = await logStore(folder)
    await store.put('/a', bytes('1'), 0)
  }
  await writeFile(join(folder, 'snapshot-0000000000000002.snap.tmp'), 'half')
  await using store = await logStore(folder)
  assert.equal(await store.revision(), 2)
  assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.tmp')))
})

test('a full disk refuses the write, loses nothing, and the next write goes through', async () => {
  let isFull = false
  const log = memoryLog()
  await using store = await openLocalStore({
    ...log,
    append: async () => {
      if (isFull) throw new StoreFull('no room')
    },
  })
  await store.put('/a', bytes('1'), 0)
  isFull = true
  const refused = await Promise.allSettled([
    store.put('/b', bytes('1'), 0),
    store.put('/a', bytes('2'), 2),
  ])
  assert.deepEqual(
    refused.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  isFull = false
  assert.equal(text((await store.get('/a'))?.value), '1')
  assert.deepEqual(await store.put('/b', bytes('1'), 0), { ok: true, revision: 3 })
})

test('a real full disk leaves the log whole', { skip: process.getuid?.() !== 0 }, async () => {
  const script = `
    import { logStore } from ${JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)))}
    const store = await logStore('${folder}/small')
    let acknowledged = 0, refused = 0
    for (let i = 0; i < 60; i++) {
      await store.put('/k' + i, Buffer.alloc(100000, 'v'), 0).then(
        (result) => { if (result.ok) acknowledged++ },
        (error) => { if (error.constructor.name === 'StoreFull') refused++ })
    }
    await store[Symbol.asyncDispose]()
    const again = await logStore('${folder}/small')
    const { entries } = await again.range('/')
    const same = entries.length === acknowledged
    console.log(JSON.stringify({ same, refused: refused > 0, some: acknowledged > 0 }))
    process.exit(0)`
  const command = `mkdir ${folder}/small && mount -t tmpfs -o size=3m tmpfs ${folder}/small && exec "$0" "$@"`
  const output = await outputOf('unshare', [
    '--mount',
    'sh',
    '-c',
    command,
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ])
  assert.deepEqual(JSON.parse(output), { same: true, refused: true, some: true })
})

test('a second process is refused while the first lives', async () => {
  await using _log = await openLog(folder)
  const script = `import(${JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)))})
    .then(({ openLog }) => openLog('${folder}')).then(() => console.log('opened'), (e) => console.log(e.constructor.name))`
  assert.equal((await outputOf(process.execPath, ['-e', script])).trim(), FolderInUse.name)
})

test('nor is a second log of this process, nor a process of another pid namespace', {
  skip: process.getuid?.() !== 0,
}, async () => {
  await using _log = await openLog(folder)
  await assert.rejects(openLog(folder), FolderInUse)
  const script = `import(${JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)))})
    .then(({ openLog }) => openLog('${folder}')).then(() => console.log('opened'), (e) => console.log(e.constructor.name))`
  const inside = ['--fork', '--pid', '--mount-proc', process.execPath, '-e', script]
  assert.equal((await outputOf('unshare', inside)).trim(), FolderInUse.name)
})

test('kill -9 under load loses no acknowledged write', async () => {
  const script = `
    import { logStore } from ${JSON.stringify(fileURLToPath(new URL('./log.ts', import.meta.url)))}
    const store = await logStore('${folder}/killed', { snapshotAboveBytes: 200000 })
    await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        const { revision } = await store.put('/' + writer + '/' + i, Buffer.alloc(500, 'v'), 0)
        process.stdout.write('/' + writer + '/' + i + ' ' + revision + '\\n')
      }
    }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.length > 40_000 && !child.killed) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  const acknowledged = output.slice(0, output.lastIndexOf('\n')).split('\n')
  assert.ok(acknowledged.length > 500)
  await using store = await logStore(join(folder, 'killed'))
  const stored = new Map(
    (await store.range('/')).entries.map((entry) => [entry.key, entry.revision]),
  )
  const lost = acknowledged.filter((line) => {
    const [key = '', revision] = line.split(' ')
    return stored.get(key) !== Number(revision)
  })
  assert.deepEqual(lost, [])
})

async function onlyLog(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('log-'))
  assert.equal(names.length, 1)
  return join(folder, names[0] ?? '')
}

function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
