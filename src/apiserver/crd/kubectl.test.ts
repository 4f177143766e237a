import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createRegistry } from '../registry/registry.ts'
import { runKubectl, withoutKubectl } from '../testing/test-kubectl.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

// Custom resources as the real kubectl meets them, with definitions that projects publish.

const ended = new AbortController()
let server: TestServer
let home = ''

before(async () => {
  const registry = createRegistry({
    store: await memoryStore(),
    clock: systemClock,
    random: systemRandom,
    signal: ended.signal,
  })
  server = await startTestServer({ registry })
  home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const admin = server.pki.client('kubernetes-admin', 'system:masters')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server: server.url, 'certificate-authority-data': encode(server.pki.ca) },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': encode(admin.cert),
          'client-key-data': encode(admin.key),
        },
      },
    ],
  }
  await writeFile(join(home, 'config'), JSON.stringify(config))
  for (const name of skip ? [] : ['ipaddresspools', 'httproutes', 'crontabs']) {
    const path = new URL(`fixtures/${name}.yaml`, import.meta.url)
    const { err } = await kubectl('apply -f -', await readFile(path, 'utf8'))
    assert.equal(err, '')
  }
  if (!skip) await kubectl('wait crd --all --for=condition=Established --timeout=10s')
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
  await rm(home, { recursive: true })
})

const kubectl = (line: string, input?: string) => runKubectl(home, line, input)
const skip = withoutKubectl

const pool = (more = '') => `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: first}
spec:
  addresses: [192.168.10.0/24]
  ${more}
`

const route = (path: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: entry}]
  hostnames: [example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: ${path}}}]
    backendRefs: [{name: web, port: 80}]
`

test('a fresh definition is in discovery, in both forms', { skip }, async () => {
  const { out } = await kubectl('api-resources --api-group=stable.example.com')
  assert.match(out, /^crontabs +ct +stable\.example\.com\/v1 +true +CronTab$/m)
  const categories = await kubectl('api-resources --categories=gateway-api -o name')
  assert.equal(categories.out, 'httproutes.gateway.networking.k8s.io\n')
  const raw = await kubectl('get --raw /apis/gateway.networking.k8s.io')
  assert.deepEqual(
    JSON.parse(raw.out).versions.map(({ version }: { version: string }) => version),
    ['v1', 'v1beta1'],
  )
})

test('apply validates strictly, defaults, and is idempotent', { skip }, async () => {
  const wrong = await kubectl('apply --validate=strict -f -', pool('adresses: []'))
  assert.match(wrong.err, /strict decoding error: unknown field "spec\.adresses"/)
  const right = await kubectl('apply --validate=strict -f -', pool())
  assert.equal(right.out, 'ipaddresspool.metallb.io/first created\n', right.err)
  const again = await kubectl('apply -f -', pool())
  assert.equal(again.out, 'ipaddresspool.metallb.io/first unchanged\n')
  const changed = await kubectl('apply -f -', pool('autoAssign: false'))
  assert.equal(changed.out, 'ipaddresspool.metallb.io/first configured\n')
  const { out } = await kubectl('get ipaddresspool first')
  assert.equal(
    out.replaceAll(/ {2,}/g, '  '),
    'NAME  AUTO ASSIGN  AVOID BUGGY IPS  ADDRESSES\nfirst  false  false  ["192.168.10.0/24"]\n',
  )
})

test('server-side apply merges and tells who owns what', { skip }, async () => {
  const first = await kubectl('apply --server-side --field-manager=a -f -', route('/one'))
  assert.equal(first.out, 'httproute.gateway.networking.k8s.io/web serverside-applied\n', first.err)
  const second = await kubectl('apply --server-side --field-manager=b -f -', route('/two'))
  assert.match(second.err, /conflicts with "a":\n(?:- .*\n)*- \.spec\.rules\n/)
})

test('values that the schema refuses are told with their places', { skip }, async () => {
  const { err } = await kubectl('apply -f -', route('/').replace('port: 80', 'port: 0'))
  const place = 'spec.rules[0].backendRefs[0].port'
  const what = `${place} in body should be greater than or equal to 1`
  assert.equal(err.includes(`${place}: Invalid value: 0: ${what}`), true, err)
})

test('explain knows the fields of a custom resource', { skip }, async () => {
  const { out } = await kubectl('explain httproute.spec.rules.backendRefs --recursive')
  assert.match(out, /^GROUP: +gateway\.networking\.k8s\.io$/m)
  assert.match(out, /^FIELD: backendRefs <\[\]Object>$/m)
  assert.match(out, /^ {2}port\t<integer>$/m)
  const metadata = await kubectl('explain crontab.metadata.name')
  assert.match(metadata.out, /^FIELD: name <string>$/m)
  const old = await kubectl('explain crontab.spec.cronSpec --output=plaintext-openapiv2')
  assert.match(old.out, /^FIELD: +cronSpec <string>$/m)
})

const cronTab = `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: nightly}
spec: {cronSpec: "0 3 * * *", replicas: 2}
`

test('scale, short names, patches and field selectors', { skip }, async () => {
  await kubectl('apply -f -', cronTab)
  assert.equal(
    (await kubectl('scale ct nightly --replicas=5')).out,
    'crontab.stable.example.com/nightly scaled\n',
  )
  assert.equal((await kubectl('get ct nightly -o jsonpath={.spec.replicas}')).out, '5')
  const patched = await kubectl('patch ct nightly --type=merge -p {"spec":{"suspend":true}}')
  assert.equal(patched.out, 'crontab.stable.example.com/nightly patched\n')
  const suspended = await kubectl('get ct --field-selector=spec.suspend=true -o name')
  assert.equal(suspended.out, 'crontab.stable.example.com/nightly\n')
  const table = await kubectl('get ct nightly')
  assert.match(table.out, /^NAME +SPEC +REPLICAS +AGE\nnightly +0 3 \* \* \* +5 +\d+s$/m)
  const strategic = await kubectl('patch ct nightly --type=strategic -p {}')
  assert.match(strategic.err, /UnsupportedMediaType|application\/strategic-merge-patch\+json/)
})

test('a deleted definition is gone from discovery with its objects', { skip }, async () => {
  await kubectl('apply -f -', pool())
  const { out } = await kubectl('delete crd ipaddresspools.metallb.io --timeout=20s')
  assert.match(out, /"ipaddresspools\.metallb\.io" deleted/)
  const gone = await kubectl('get --raw /apis/metallb.io/v1beta1')
  assert.match(gone.err, /NotFound/)
})
