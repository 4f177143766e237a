import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { controlOver } from './control-client.ts'
import type { Control } from './control-protocol.ts'
import { serveControl } from './control-server.ts'

const port = {
  listenAddress: '0.0.0.0',
  hostPort: 8080,
  node: 'a',
  nodePort: 30800,
  protocol: 'TCP' as const,
}

/** An agent that remembers what it was asked. */
function agent(asked: string[]): Control {
  const note = (...words: readonly unknown[]) => void asked.push(words.join(' '))
  return {
    async loadImages(archive, onProgress) {
      let size = 0
      for await (const chunk of archive) size += chunk.length
      onProgress('unpacking')
      note('load', size)
      return ['docker.io/library/a:1']
    },
    async pullImage(image) {
      throw new Error(`failed to pull ${image}`)
    },
    listImages: async () => [{ id: 'x', tags: ['a:1'], digests: [], sizeBytes: 5 }],
    removeImage: async (image) => note('remove', image),
    listPorts: async () => [port],
    addPort: async (added) => ({ ...added, hostPort: 4711 }),
    removePort: async (address, number) => note('close', address, number),
    stopNode: async (name) => note('stop', name),
    startNode: async (name) => note('start', name),
  }
}

async function served(
  t: TestContext,
): Promise<{ control: Control; asked: string[]; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sampan-control-'))
  const stop = new AbortController()
  t.after(() => {
    stop.abort()
    rmSync(folder, { recursive: true })
  })
  const asked: string[] = []
  const path = join(folder, 'agent.sock')
  await serveControl(path, agent(asked), stop.signal)
  return { control: controlOver(path), asked, path }
}

test('an archive is passed on whole, with progress and the names that came of it', async (t) => {
  const { control, asked } = await served(t)
  const progress: string[] = []
  async function* archive() {
    for (let sent = 0; sent < 40; sent += 1) yield new Uint8Array(100_000)
  }
  const names = await control.loadImages(archive(), (text) => progress.push(text))
  assert.deepEqual(names, ['docker.io/library/a:1'])
  assert.deepEqual(progress, ['unpacking'])
  assert.deepEqual(asked, ['load 4000000'])
})

test('what is asked arrives as asked, and answers as given', async (t) => {
  const { control, asked } = await served(t)
  assert.deepEqual(await control.listImages(), [
    { id: 'x', tags: ['a:1'], digests: [], sizeBytes: 5 },
  ])
  await control.removeImage('a:1')
  assert.deepEqual(await control.listPorts(), [port])
  assert.deepEqual(await control.addPort(port), { ...port, hostPort: 4711 })
  await control.removePort('::1', 80)
  await control.stopNode('n')
  await control.startNode('n')
  assert.deepEqual(asked, ['remove a:1', 'close ::1 80', 'stop n', 'start n'])
})

test("the agent's refusal is the user's to read", async (t) => {
  const { control } = await served(t)
  await assert.rejects(
    control.pullImage('a:2', () => {}),
    { name: 'UserError', message: 'failed to pull a:2' },
  )
})

test('only its owner may use the socket, and without an agent the user is told', async (t) => {
  const { path } = await served(t)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await assert.rejects(controlOver(`${path}.not`).listPorts(), {
    name: 'UserError',
    message: 'the cluster does not run; sampan start runs it',
  })
})
