import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '../../api/kinds.ts'
import { requestOf } from '../in-process.ts'
import type { ServerAnswer } from '../request.ts'
import { createOpenApi } from './openapi.ts'
import { operationsOf } from './operations.ts'
import { openApiV2 } from './v2.ts'
import { openApiV3 } from './v3.ts'

const entry = (plural: string) => kinds.filter((kind) => kind.plural === plural)
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)

test('operations have the names that upstream gives them', () => {
  const ids = (plural: string) =>
    entry(plural)
      .flatMap(operationsOf)
      .map(({ id }) => id)
  assert.deepEqual(ids('namespaces').toSorted(), [
    'createCoreV1Namespace',
    'deleteCoreV1Namespace',
    'listCoreV1Namespace',
    'patchCoreV1Namespace',
    'patchCoreV1NamespaceStatus',
    'readCoreV1Namespace',
    'readCoreV1NamespaceStatus',
    'replaceCoreV1Namespace',
    'replaceCoreV1NamespaceFinalize',
    'replaceCoreV1NamespaceStatus',
  ])
  assert.equal(ids('pods').includes('connectCoreV1GetNamespacedPodProxyWithPath'), true)
  assert.equal(ids('roles').includes('deleteRbacAuthorizationV1CollectionNamespacedRole'), true)
  assert.equal(ids('flowschemas').includes('listFlowcontrolApiserverV1FlowSchema'), true)
  assert.equal(ids('deployments').includes('listAppsV1DeploymentForAllNamespaces'), true)
})

test('a PATCH says its kind and takes fieldValidation and dryRun', () => {
  const v3 = openApiV3(entry('deployments'), kinds)
  const patch = at(v3, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch')
  assert.deepEqual(at(patch, 'x-kubernetes-group-version-kind'), {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
  })
  const parameters = at(patch, 'parameters') as readonly { name: string }[]
  assert.deepEqual(
    parameters.map(({ name }) => name),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  )
})

test('schemas carry the merge keys, enums, formats and defaults', () => {
  const v3 = openApiV3(entry('pods'), kinds)
  const property = (type: string, name: string) =>
    at(v3, 'components', 'schemas', `io.k8s.api.core.v1.${type}`, 'properties', name)
  assert.deepEqual(property('Container', 'ports'), {
    description:
      'Ports that the container listens on. Mostly information; names can be used by Services.',
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.ContainerPort' },
    'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-patch-merge-key': 'containerPort',
    'x-kubernetes-patch-strategy': 'merge',
  })
  assert.deepEqual(property('ContainerPort', 'protocol'), {
    description: 'TCP (default), UDP or SCTP.',
    type: 'string',
    enum: ['SCTP', 'TCP', 'UDP'],
    default: 'TCP',
  })
  assert.deepEqual(property('Pod', 'spec'), {
    description: 'What is wanted.',
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }],
    default: {},
  })
  assert.deepEqual(property('ContainerPort', 'hostPort'), {
    description: 'Port of the node that leads here, where it is needed.',
    type: 'integer',
    format: 'int32',
  })
})

test('every reference of both versions leads to a schema', () => {
  const documents = [
    { document: openApiV2(kinds), root: ['definitions'] },
    { document: openApiV3(kinds, kinds), root: ['components', 'schemas'] },
  ]
  for (const { document, root } of documents) {
    const schemas = at(document, ...root) as Record<string, unknown>
    const prefix = `#/${root.join('/')}/`
    for (const [, target = ''] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g))
      assert.equal(schemas[target.slice(prefix.length)] !== undefined, true, target)
  }
})

async function ask(path: string, headers: Record<string, string> = {}) {
  const user = { name: 'x', groups: [] }
  const answer = await createOpenApi(() => kinds).serve(
    requestOf({ method: 'GET', path, headers }, user),
  )
  return answer as ServerAnswer & { body: Uint8Array }
}

test('the index leads to documents that may be kept for good', async () => {
  const { paths } = JSON.parse(Buffer.from((await ask('/openapi/v3')).body).toString())
  const url = paths['apis/apps/v1'].serverRelativeURL
  assert.match(url, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/)
  const found = await ask(url)
  assert.equal(found.headers['cache-control'], 'public, immutable')
  const etag = found.headers['etag'] ?? ''
  assert.equal((await ask(url, { 'if-none-match': etag })).status, 304)
  const old = await ask('/openapi/v3/apis/apps/v1?hash=OLD')
  assert.deepEqual([old.status, old.headers['location']], [301, url])
})

test('version 2 comes as JSON, and in the protobuf form for who asks for it', async () => {
  const json = await ask('/openapi/v2')
  assert.equal(json.headers['content-type'], 'application/json')
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  const protobuf = await ask('/openapi/v2', { accept })
  assert.equal(
    protobuf.headers['content-type'],
    'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  )
  // Document { swagger = 1: "2.0", ... }
  assert.deepEqual([...protobuf.body.subarray(0, 5)], [0x0a, 3, 0x32, 0x2e, 0x30])
})
