import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthConfig } from '../../cri/cri.ts'
import { systemClock } from '../../lib/clock.ts'
import { configOf, ociFiles, sha256, type TestImage, tar } from '../testing/image.ts'
import { pullImage } from './pull.ts'
import type { Dial } from './registry/http.ts'
import { openImageStore } from './store.ts'

const dial: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(socket)).once('error', reject)
  })

function world(t: TestContext) {
  const folder = mkdtempSync(`${tmpdir()}/sampan-pull-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const store = openImageStore(`${folder}/images`)
  const unpack = { isUserNamespace: false, keepsOwners: process.getuid?.() === 0 }
  const platform = { os: 'linux', architecture: 'amd64' }
  const clock = { ...systemClock, sleep: async () => {} }
  return {
    store,
    pull: (name: string, auth?: AuthConfig) =>
      pullImage({ store, dial, clock, unpack, platform }, name, auth),
  }
}

const hello: TestImage = {
  layers: [tar([{ name: 'hello.txt', content: 'hello\n' }]), tar([{ name: 'b' }])],
  config: { Cmd: ['cat'] },
  names: ['hello'],
}

// --- Debian's docker-registry, with a name and password and without

const folder = mkdtempSync(`${tmpdir()}/sampan-registry-`)
const registries: Record<'open' | 'closed', { child: ChildProcess; port: number } | undefined> = {
  open: undefined,
  closed: undefined,
}
const isInstalled = await run('docker-registry', ['--version'])
const skip = !isInstalled && 'docker-registry is not installed'

async function run(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    spawn(program, args, { stdio: 'ignore' })
      .on('error', () => resolve(false))
      .on('exit', (code) => resolve(code === 0))
  })
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function startRegistry(name: 'open' | 'closed', auth: string) {
  const port = await freePort()
  const config = `${folder}/${name}.yml`
  const storage = `storage: { filesystem: { rootdirectory: ${folder}/${name} } }`
  const http = `http: { addr: "127.0.0.1:${port}", secret: s }`
  writeFileSync(
    config,
    ['version: 0.1', 'log: { level: error }', storage, http, auth, ''].join('\n'),
  )
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  registries[name] = { child, port }
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)
    if (answer) return
    await sleep(20)
  }
  assert.fail('the registry does not answer')
}

before(async () => {
  if (skip) return
  // bcrypt of "secret"
  writeFileSync(
    `${folder}/htpasswd`,
    'user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n',
  )
  await startRegistry('open', '')
  await startRegistry('closed', `auth: { htpasswd: { realm: r, path: ${folder}/htpasswd } }`)
})

after(() => {
  for (const registry of Object.values(registries)) registry?.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function portOf(name: 'open' | 'closed'): number {
  return registries[name]?.port ?? assert.fail('no registry')
}

/** Puts an image there by the API that docker push uses; gives the manifest's digest. */
async function push(base: string, name: string, image: TestImage, authorization = '') {
  const headers = authorization ? { authorization } : undefined
  const files = ociFiles([image])
  const manifests: Uint8Array[] = []
  for (const { name: file, content } of files) {
    if (!file.startsWith('blobs/')) continue
    if (content[0] === 0x7b && /"config":\{"media/.test(Buffer.from(content).toString())) {
      manifests.push(content)
      continue
    }
    const started = await fetch(`${base}/v2/${name}/blobs/uploads/`, {
      method: 'POST',
      ...(headers && { headers }),
    })
    const url = new URL(started.headers.get('location') ?? '', base)
    url.searchParams.set('digest', sha256(content))
    const sent = await fetch(url, {
      method: 'PUT',
      body: Buffer.from(content),
      headers: { 'content-type': 'application/octet-stream', ...headers },
    })
    assert.equal(sent.status, 201)
  }
  const [manifest = assert.fail()] = manifests
  const put = async (tag: string, body: Uint8Array, type: string) => {
    const sent = await fetch(`${base}/v2/${name}/manifests/${tag}`, {
      method: 'PUT',
      body: Buffer.from(body),
      headers: { 'content-type': type, ...headers },
    })
    assert.equal(sent.status, 201)
  }
  const type = 'application/vnd.oci.image.manifest.v1+json'
  await put('1', manifest, type)
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: type,
          digest: sha256(manifest),
          size: manifest.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    }),
  )
  await put('many', index, 'application/vnd.oci.image.index.v1+json')
  return { manifest: sha256(manifest), index: sha256(index) }
}

test('an image comes by its tag and by its digest', { skip }, async (t) => {
  const { store, pull } = world(t)
  const host = `127.0.0.1:${portOf('open')}`
  const { manifest } = await push(`http://${host}`, 'a/hello', hello)
  const image = await pull(`${host}/a/hello:1`)
  assert.deepEqual(image.tags, [`${host}/a/hello:1`])
  assert.deepEqual(image.digests, [`${host}/a/hello@${manifest}`])
  assert.equal(image.id, sha256(configOf(hello)))
  const { folder: layers, names } = store.layersOf(image)
  assert.equal(readFileSync(`${layers}/${names[1]}/hello.txt`, 'utf8'), 'hello\n')
  const same = await pull(`${host}/a/hello@${manifest}`)
  assert.equal(same.id, image.id)
})

test('of an index the entry for this machine is taken, and the index names the image', {
  skip,
}, async (t) => {
  const { pull } = world(t)
  const host = `localhost:${portOf('open')}`
  const { index } = await push(`http://${host}`, 'a/many', hello)
  const image = await pull(`${host}/a/many:many`)
  assert.deepEqual(image.digests, [`${host}/a/many@${index}`])
})

test('a name and password are used where they are asked for', { skip }, async (t) => {
  const { store, pull } = world(t)
  const host = `127.0.0.1:${portOf('closed')}`
  const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`
  await push(`http://${host}`, 'private', hello, basic)
  const name = `${host}/private:1`
  await assert.rejects(pull(name), {
    message: `failed to pull and unpack image "${name}": failed to resolve reference "${name}": pull access denied, repository does not exist or may require authorization: no basic auth credentials`,
  })
  await assert.rejects(pull(name, { username: 'user', password: 'wrong' }), /authorization failed$/)
  assert.deepEqual(store.list(), [])
  assert.deepEqual((await pull(name, { username: 'user', password: 'secret' })).tags, [name])
})

test('what is not there is not found', { skip }, async (t) => {
  const { pull } = world(t)
  const name = `127.0.0.1:${portOf('open')}/nope:1`
  await assert.rejects(pull(name), {
    code: 'NotFound',
    message: `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`,
  })
})

test('a registry that does not answer, and one whose name nobody knows', async (t) => {
  const { pull } = world(t)
  const port = await freePort()
  const name = `127.0.0.1:${port}/x:1`
  await assert.rejects(pull(name), {
    code: 'Unknown',
    message:
      `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ` +
      `failed to do request: Head "http://${name.replace('/x:1', '')}/v2/x/manifests/1": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  })
  await assert.rejects(
    pull('registry.invalid/x:1'),
    /dial tcp: lookup registry.invalid: no such host$/,
  )
  await assert.rejects(pull('x/UPPER'), { code: 'InvalidArgument' })
})

// --- A registry of our own for what the other never does

type Handler = (request: IncomingMessage, response: ServerResponse) => boolean | undefined

async function ownRegistry(t: TestContext, image: TestImage, before: Handler = () => false) {
  const files = new Map(
    ociFiles([image]).map(({ name, content }) => [
      name.replace('blobs/sha256/', 'sha256:'),
      content,
    ]),
  )
  const index = JSON.parse(Buffer.from(files.get('index.json') ?? '').toString())
  const top: string = index.manifests[0].digest
  const served: string[] = []
  const server = createServer((request, response) => {
    served.push(`${request.method} ${request.url}`)
    if (before(request, response)) return
    const [, kind = '', name = ''] = /\/(manifests|blobs)\/(.*)$/.exec(request.url ?? '') ?? []
    const body = files.get(name.startsWith('sha256:') ? name : top)
    if (kind === '' || !body) return void response.writeHead(404).end()
    const headers = { 'docker-content-digest': sha256(body), 'content-length': body.length }
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, served, top }
}

test('a token is fetched from where the registry says, once', async (t) => {
  const { pull } = world(t)
  const tokens: string[] = []
  const { host } = await ownRegistry(t, hello, (request, response) => {
    const { url = '', headers } = request
    if (url.startsWith('/token')) {
      tokens.push(`${url} ${headers.authorization ?? 'anonymous'}`)
      response.end(JSON.stringify({ token: 't0ken' }))
      return true
    }
    if (headers.authorization === 'Bearer t0ken') return false
    const realm = `Bearer realm="http://${headers.host}/token",service="here"`
    response.writeHead(401, { 'www-authenticate': realm }).end()
    return true
  })
  await pull(`${host}/a/b:1`)
  assert.deepEqual(tokens, ['/token?service=here&scope=repository%3Aa%2Fb%3Apull anonymous'])
  await world(t).pull(`${host}/a/b:1`, { username: 'u', password: 'p' })
  assert.equal(tokens[1], '/token?service=here&scope=repository%3Aa%2Fb%3Apull Basic dTpw')
})

test('busy servers are asked again, and credentials stay with their host', async (t) => {
  const { pull } = world(t)
  const seen: string[] = []
  const other = await ownRegistry(t, hello, (request) => {
    seen.push(request.headers.authorization ?? 'none')
    return false
  })
  let failures = 0
  const { host } = await ownRegistry(t, hello, (request, response) => {
    if (failures++ < 2) return Boolean(response.writeHead(503).end())
    if (!request.url?.includes('/blobs/')) return false
    return Boolean(
      response.writeHead(307, { location: `http://${other.host}${request.url}` }).end(),
    )
  })
  await pull(`${host}/a/b:1`, { registryToken: 'mine' })
  assert.deepEqual([...new Set(seen)], ['none'])
})

test('a layer with other bytes than promised is refused, and nothing of it stays', async (t) => {
  const { store, pull } = world(t)
  const bad = ociFiles([{ ...hello, layers: [tar([{ name: 'evil' }])] }])
  const layer = bad.find(({ content }) => content[0] === 0x1f)?.content ?? Buffer.alloc(0)
  const { host } = await ownRegistry(t, hello, (request, response) => {
    if (request.method !== 'GET' || !request.url?.includes('/blobs/')) return false
    if (sha256(configOf(hello)) === request.url.split('/').at(-1)) return false
    response.end(layer)
    return true
  })
  await assert.rejects(pull(`${host}/a/b:1`), /unexpected (layer|commit) digest/)
  assert.deepEqual(store.list(), [])
  assert.deepEqual(readdirSync(`${store.folder}/layers`), [])
  assert.deepEqual(readdirSync(`${store.folder}/tmp`), [])
})

test('an image that is there with its tag is not fetched again', async (t) => {
  const { pull } = world(t)
  const { host, served, top } = await ownRegistry(t, hello)
  await pull(`${host}/a/b:1`)
  const before = served.length
  const image = await pull(`${host}/a/b:1`)
  assert.deepEqual(served.slice(before), ['HEAD /v2/a/b/manifests/1'])
  assert.deepEqual(image.digests, [`${host}/a/b@${top}`])
})
