import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts'

const core = '/api/v1/namespaces/default'
const asNode = (name: string) => server.as(`system:node:${name}`, 'system:nodes')
const headers = { 'content-type': 'application/merge-patch+json' }
const pod = (name: string, nodeName: string) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name } },
  spec: { nodeName, containers: [{ name: 'main', image: 'nginx' }] },
})

let server: WholeServer
let uids: Record<string, string>
before(async () => {
  server = await startWholeServer()
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await server.root(`POST ${core}/serviceaccounts`, account)
  uids = {}
  for (const name of ['n1', 'n2']) {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name } }
    assert.equal((await asNode(name)('POST /api/v1/nodes', node)).status, 201)
    const { json } = await server.root(`POST ${core}/pods`, pod(`on-${name}`, name))
    uids[name] = json.metadata.uid
  }
})
after(() => server[Symbol.asyncDispose]())

async function refused(line: string, body: object, more?: Record<string, string>) {
  const { status, json } = await asNode('n1')(line, body, more)
  assert.equal(status, 403, JSON.stringify(json))
  return json.message
}

test('a node changes itself, without taints and labels of others', async () => {
  const patch = (body: object) => refused('PATCH /api/v1/nodes/n1', body, headers)
  const label = (key: string) => ({ metadata: { labels: { [key]: 'x' } } })
  assert.equal(
    await patch({ spec: { taints: [] } }),
    'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  )
  assert.equal(
    await patch(label('node-role.kubernetes.io/master')),
    'nodes "n1" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/master',
  )
  assert.match(
    await patch(label('a.node-restriction.kubernetes.io/b')),
    /modify labels: a\.node-restriction\.kubernetes\.io\/b$/,
  )
  const allowed = await asNode('n1')('PATCH /api/v1/nodes/n1', label('example.com/x'), headers)
  assert.equal(allowed.status, 200)
  assert.equal(
    await refused('PATCH /api/v1/nodes/n2', label('a'), headers),
    'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  )
})

test('a node writes the status of its own Pods, evicts and deletes them', async () => {
  const status = { status: { message: 'x' } }
  const own = await asNode('n1')(`PATCH ${core}/pods/on-n1/status`, status, headers)
  assert.equal(own.status, 200)
  assert.equal(
    await refused(`PATCH ${core}/pods/on-n2/status`, status, headers),
    'pods "on-n2" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  )
  assert.equal(
    await refused(`DELETE ${core}/pods/on-n2`, {}),
    'pods "on-n2" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
  )
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'on-n2' } }
  assert.equal(
    await refused(`POST ${core}/pods/on-n2/eviction`, eviction),
    'pods "on-n2" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
  )
})

test('a node creates mirror Pods of its own only', async () => {
  assert.match(
    await refused(`POST ${core}/pods`, pod('x', 'n1')),
    /pod does not have "kubernetes\.io\/config\.mirror" annotation, node "n1" can only create mirror pods$/,
  )
  const annotations = { 'kubernetes.io/config.mirror': 'hash' }
  const mirror = { ...pod('x', 'n1'), metadata: { name: 'x', annotations } }
  assert.match(await refused(`POST ${core}/pods`, mirror), /an owner reference set to itself$/)
})

test('a node asks for tokens of its own Pods, for audiences they name', async () => {
  await server.settled()
  const path = `${core}/serviceaccounts/default/token`
  const bound = (name: string, uid: string, audiences: readonly string[] = []) => ({
    ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
    spec: { audiences, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
  })
  const { n1 = '', n2 = '' } = uids
  const own = await asNode('n1')(`POST ${path}`, bound('on-n1', n1))
  assert.equal(own.status, 201, own.text)
  assert.match(
    await refused(`POST ${path}`, { ...bound('on-n1', n1), spec: {} }),
    /node requested token not bound to a pod$/,
  )
  assert.match(
    await refused(`POST ${path}`, bound('on-n2', n2)),
    /node requested token bound to a pod scheduled on a different node$/,
  )
  assert.equal(
    await refused(`POST ${path}`, bound('on-n1', n1, ['vault'])),
    'serviceaccounts "default" is forbidden: audience "vault" not found in pod spec volume, ' +
      'system:node:n1 is not authorized to request tokens for this audience',
  )
})

test("a node's Lease bears its name", async () => {
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'n2' } }
  assert.equal(
    await refused('POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', lease),
    'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node',
  )
})
