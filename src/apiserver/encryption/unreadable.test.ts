import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import type { Store } from '../../store/store.ts'
import { createRegistry } from '../registry/registry.ts'
import { takenOver } from '../registry/taken-over.ts'
import { runKubectl, withoutKubectl } from '../testing/test-kubectl.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { parseEncryptionConfig } from './encryption-config.ts'
import { readableStore } from './readable-store.ts'
import { createValueCodec } from './value-codec.ts'
import { ValueNotes } from './value-notes.ts'

/** A server over the store, whose Secrets are encrypted by the key of this letter. */
async function withServer(
  kept: Store,
  key: string,
  use: (server: TestServer) => Promise<void>,
): Promise<void> {
  const secret = Buffer.alloc(32, key).toString('base64')
  const providers = [{ aesgcm: { keys: [{ name: key, secret }] } }]
  const codec = createValueCodec(
    parseEncryptionConfig(
      JSON.stringify({
        ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' },
        resources: [{ resources: ['secrets'], providers }],
      }),
    ),
  )
  const notes = new ValueNotes()
  const ended = new AbortController()
  const registry = createRegistry({
    store: readableStore(takenOver(kept, { codec, notes }), notes),
    isStale: notes.isStale,
    ...{ clock: systemClock, random: systemRandom, signal: ended.signal },
  })
  const server = await startTestServer({ registry })
  try {
    await use(server)
  } finally {
    ended.abort()
    await server[Symbol.asyncDispose]()
  }
}

const secrets = '/api/v1/namespaces/default/secrets'
const json = { 'content-type': 'application/json' }

test('a server whose Secrets nobody can read is ready; what is asked of them is told the key', async () => {
  await using kept = await memoryStore()
  await withServer(kept, 'a', async ({ ask, pki }) => {
    const client = pki.client('admin', 'system:masters')
    const body = JSON.stringify({ metadata: { name: 'one' }, data: { key: 'dmFsdWU=' } })
    const made = await ask(secrets, { method: 'POST', client, headers: json, body })
    assert.equal(made.status, 201, made.text)
  })
  await withServer(kept, 'b', async (server) => {
    const client = server.pki.client('admin', 'system:masters')
    for (const path of ['/readyz', '/livez', '/healthz']) {
      const { status, text } = await server.ask(path, { client })
      assert.deepEqual([path, status, text], [path, 200, 'ok'])
    }
    const list = await server.ask(secrets, { client })
    const why = 'no matching key was found for the provided AES transformer'
    const message = `unable to transform key "/registry/secrets/default/one": ${why}`
    assert.deepEqual(list.json(), {
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      message: `Internal error occurred: ${message}`,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    })
    const watch = await server.ask(`${secrets}?watch=1&timeoutSeconds=1`, { client })
    assert.match(watch.text, /"type":"ERROR".*unable to transform key/)
    const maps = await server.ask('/api/v1/namespaces/default/configmaps', { client })
    assert.equal(maps.status, 200)
  })
})

test('kubectl says which Secret it is', { skip: withoutKubectl }, async () => {
  await using kept = await memoryStore()
  const home = await mkdtemp(join(tmpdir(), 'unreadable-'))
  const kubectl = async ({ url, pki }: TestServer, line: string) => {
    const { cert, key } = pki.client('admin', 'system:masters')
    const files = { ca: pki.ca, cert, key }
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text)
    const flags = `--certificate-authority=${home}/ca --client-certificate=${home}/cert`
    return runKubectl(home, `--server=${url} ${flags} --client-key=${home}/key ${line}`)
  }
  try {
    await withServer(kept, 'a', async (server) => {
      const { out, err } = await kubectl(server, 'create secret generic one --from-literal=a=b')
      assert.deepEqual([out, err], ['secret/one created\n', ''])
    })
    await withServer(kept, 'b', async (server) => {
      const start = 'Error from server (InternalError): Internal error occurred: '
      const why = 'no matching key was found for the provided AES transformer\n'
      const listed = await kubectl(server, 'get secrets')
      const place = 'unable to transform key "/registry/secrets/default/one": '
      assert.deepEqual([listed.code, listed.err], [1, start + place + why])
      assert.equal((await kubectl(server, 'get secret one')).err, start + why)
      assert.equal((await kubectl(server, 'get --raw=/readyz')).out, 'ok')
    })
  } finally {
    await rm(home, { recursive: true })
  }
})
