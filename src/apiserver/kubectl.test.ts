import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { memoryStore } from '../store/drivers/memory.ts'
import { kubernetesProtobuf } from './protobuf.ts'
import { createRegistry } from './registry/registry.ts'
import { olderThan, runKubectl, withoutKubectl } from './testing/test-kubectl.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'

// The outside witness of the whole server: the real kubectl, where the machine has one.

const ended = new AbortController()
let server: TestServer
let home = ''

before(async () => {
  const registry = createRegistry({
    store: await memoryStore(),
    clock: systemClock,
    random: systemRandom,
    signal: ended.signal,
    protobuf: kubernetesProtobuf,
  })
  server = await startTestServer({ registry, tokenFile: 'ada,ada,uid-1,dev\n' })
  home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  await writeFile(join(home, 'config'), JSON.stringify(kubeconfig(server)))
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
  await rm(home, { recursive: true })
})

function kubeconfig({ url, pki }: TestServer): object {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const admin = pki.client('kubernetes-admin', 'system:masters')
  const users = {
    admin: {
      'client-certificate-data': encode(admin.cert),
      'client-key-data': encode(admin.key),
    },
    ada: { token: 'ada' },
    nobody: { token: 'wrong' },
  }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'admin',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': encode(pki.ca) } },
    ],
    contexts: Object.keys(users).map((user) => ({
      name: user,
      context: { cluster: 'test', user },
    })),
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
  }
}

const kubectl = (line: string, input?: string) => runKubectl(home, line, input)
const skip = withoutKubectl

const deployment = (replicas: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.23"}]}
`

test('version and api-resources', { skip }, async () => {
  assert.match((await kubectl('version')).out, /^Server Version: .*v1\.36\.2\+sampan/m)
  const { out } = await kubectl('api-resources -o name')
  assert.equal(out.split('\n').includes('deployments.apps'), true)
  assert.match((await kubectl('api-resources')).out, /^pods +po +v1 +true +Pod$/m)
})

test('a fresh cluster has its Service', { skip }, async () => {
  const { out } = await kubectl('get svc,endpoints kubernetes --no-headers')
  assert.match(out, /^service\/kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP/m)
  assert.match(out, /^endpoints\/kubernetes +172\.18\.0\.1:6443/m)
})

test('create, get, patch, delete', { skip }, async () => {
  assert.equal(
    (await kubectl('create configmap a --from-literal=x=y')).out,
    'configmap/a created\n',
  )
  const patched = await kubectl('patch configmap a --type=merge -p {"data":{"z":"1"}}')
  assert.equal(patched.out, 'configmap/a patched\n')
  assert.equal((await kubectl('get cm a -o jsonpath={.data}')).out, '{"x":"y","z":"1"}')
  assert.equal((await kubectl('delete cm a')).out, 'configmap "a" deleted\n')
  const gone = await kubectl('get cm a')
  assert.equal(gone.err, 'Error from server (NotFound): configmaps "a" not found\n')
})

test('apply with strict validation names the unknown field', {
  skip: olderThan(25),
}, async () => {
  const wrong = await kubectl('apply --validate=strict -f -', deployment('replicaz: 2'))
  assert.match(wrong.err, /strict decoding error: unknown field "spec\.replicaz"/)
})

test('apply creates, and then finds nothing to change', { skip }, async () => {
  const right = await kubectl('apply -f -', deployment('replicas: 2'))
  assert.equal(right.out, 'deployment.apps/web created\n')
  const again = await kubectl('apply -f -', deployment('replicas: 2'))
  assert.equal(again.out, 'deployment.apps/web unchanged\n')
})

test('apply merges what changed into lists by their keys', { skip }, async () => {
  const changed = deployment('replicas: 3').replace(
    'image:',
    'env: [{name: A, value: "1"}], image:',
  )
  assert.equal((await kubectl('apply -f -', changed)).out, 'deployment.apps/web configured\n')
  await kubectl('set env deployment/web B=2')
  await kubectl('apply -f -', changed.replace('value: "1"', 'value: "9"'))
  const { out } = await kubectl(
    'get deploy web -o jsonpath={.spec.template.spec.containers[0].env}',
  )
  assert.deepEqual(JSON.parse(out), [
    { name: 'A', value: '9' },
    { name: 'B', value: '2' },
  ])
  assert.equal((await kubectl('get deploy web -o jsonpath={.spec.replicas}')).out, '3')
})

test('dry-run by the server', { skip }, async () => {
  const { out } = await kubectl('create deployment n --image=nginx --dry-run=server -o name')
  assert.equal(out, 'deployment.apps/n\n')
})

test('explain, from OpenAPI v3 and from v2', { skip: olderThan(27) }, async () => {
  const v3 = await kubectl('explain pod.spec.containers.ports')
  assert.match(v3.out, /^KIND: +Pod$/m)
  assert.match(v3.out, /^FIELD: ports <\[\]ContainerPort>$/m)
  assert.match(v3.out, /^ +containerPort\t<integer> -required-$/m)
  assert.match(v3.out, /^ +enum: SCTP, TCP, UDP$/m)
  assert.match(v3.out, /^ +Number of the port, from 1 to 65535\.$/m)
  const v2 = await kubectl('explain deployment.apiVersion --output=plaintext-openapiv2')
  assert.match(v2.out, /^FIELD: +apiVersion <string>$/m)
  assert.match(v2.out, /^ +API group and version of this object, such as apps\/v1\.$/m)
})

test('who may: 401, 403, can-i', { skip }, async () => {
  assert.match(
    (await kubectl('--context nobody get pods')).err,
    /You must be logged in to the server/,
  )
  assert.equal(
    (await kubectl('--context ada get pods')).err,
    'Error from server (Forbidden): pods is forbidden: User "ada" cannot list resource "pods" in API group "" in the namespace "default"\n',
  )
  assert.equal((await kubectl('auth can-i list pods --as=ada')).out, 'no\n')
  await kubectl('create role reader --verb=get,list --resource=pods')
  await kubectl('create rolebinding ada --role=reader --user=ada')
  assert.equal((await kubectl('auth can-i list pods --as=ada')).out, 'yes\n')
  assert.match(
    (await kubectl('auth can-i --list --as=ada')).out,
    /^pods +\[\] +\[\] +\[get list\]$/m,
  )
})

test('who I am, by certificate and by token', { skip: olderThan(28) }, async () => {
  assert.match((await kubectl('--context ada auth whoami')).out, /^Username +ada$/m)
  await kubectl('create serviceaccount robot')
  const token = (await kubectl('create token robot')).out.trim()
  const whoami = await kubectl(`--token ${token} --context nobody auth whoami`)
  assert.match(whoami.out, /^Username +system:serviceaccount:default:robot$/m)
})

test('component statuses come as a table', { skip }, async () => {
  assert.match((await kubectl('get cs')).out, /^scheduler +Healthy +ok/m)
})

test('raw paths: health, keys, unknown', { skip }, async () => {
  assert.match((await kubectl('get --raw /readyz?verbose')).out, /^\[\+\]ping ok$/m)
  assert.match((await kubectl('get --raw /openid/v1/jwks')).out, /"alg":"RS256"/)
  assert.equal(
    (await kubectl('get --raw /nowhere')).err,
    'Error from server (NotFound): the server could not find the requested resource\n',
  )
})
