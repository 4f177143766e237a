import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { type RawClient, rawClient } from './support/raw-client.ts'

// What Helm does, request by request: releases are Secrets, charts are applied by a three-way merge
// (Helm 3) or by the server (Helm 4), and what was applied is polled until it is ready.

let plane: ControlPlane
let client: RawClient

before(async () => {
  plane = await startControlPlane(['n1', 'n2'])
  client = rawClient(plane.kubeconfig)
})
after(async () => {
  client[Symbol.dispose]()
  await plane[Symbol.asyncDispose]()
})

const secrets = '/api/v1/namespaces/default/secrets'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const strategic = 'application/strategic-merge-patch+json'
const apply = 'application/apply-patch+yaml'

const record = (revision: number, status: string, chart: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'helm.sh/release.v1',
  metadata: {
    name: `sh.helm.release.v1.web.v${revision}`,
    labels: { name: 'web', owner: 'helm', status, version: String(revision) },
  },
  // The release is gzipped and then base64; a Secret's data is base64 once more.
  data: { release: twice(gzipSync(JSON.stringify(chart)).toString('base64')) },
})

const twice = (text: string) => Buffer.from(text).toString('base64')

const deployment = (image: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'main', image, ports: [{ containerPort: 80, protocol: 'TCP' }] },
          { name: 'aside', image: 'busybox:1' },
        ],
      },
    },
  },
})

async function untilReady(replicas: number): Promise<void> {
  await plane.eventually('ready', () => {
    const { status, metadata } =
      plane.informers.listers.Deployment.get({ namespace: 'default', name: 'web' }) ?? {}
    return (
      status?.observedGeneration === metadata?.generation &&
      status?.updatedReplicas === replicas &&
      status.availableReplicas === replicas
    )
  })
}

test('it finds out what the server has', async () => {
  const version = await client.ask('GET /version')
  assert.deepEqual([version.json.major, version.json.minor], ['1', '36'])
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const groups = await client.ask('GET /apis', { accept })
  assert.equal(groups.type, accept)
  const apps = groups.json.items.find(
    ({ metadata }: { metadata: { name: string } }) => metadata.name === 'apps',
  )
  const kinds = apps.versions[0].resources.map(
    ({ responseKind }: { responseKind: { kind: string } }) => responseKind.kind,
  )
  assert.deepEqual(kinds.includes('Deployment'), true)
  const openApi = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  const document = await client.ask('GET /openapi/v2', { accept: openApi })
  assert.equal(document.status, 200)
  assert.ok(document.bytes.length > 100_000)
})

test('it installs: a record, the objects, the record again', async () => {
  const history = `${secrets}?labelSelector=name%3Dweb%2Cowner%3Dhelm`
  assert.deepEqual((await client.ask(`GET ${history}`)).json.items, [])
  const body = record(1, 'pending-install', { replicas: 1 })
  assert.equal((await client.ask(`POST ${secrets}`, { body })).status, 201)
  // Two installations at once: the name of the record is the lock.
  assert.equal((await client.ask(`POST ${secrets}`, { body })).json.reason, 'AlreadyExists')
  assert.equal((await client.ask(`GET ${deployments}/web`)).status, 404)
  const made = await client.ask(`POST ${deployments}?fieldManager=helm`, {
    body: deployment('nginx:1.20', 1),
  })
  assert.equal(made.status, 201)
  assert.equal(made.json.metadata.managedFields[0].manager, 'helm')
  await untilReady(1)
  const done = record(1, 'deployed', { replicas: 1 })
  assert.equal(
    (await client.ask(`PUT ${secrets}/${done.metadata.name}`, { body: done })).status,
    200,
  )
})

test('it upgrades by a three-way merge, which keeps what others changed', async () => {
  // Somebody else's sidecar and replicas, by hand.
  const containers = [{ name: 'by-hand', image: 'busybox:1' }]
  await client.ask(`PATCH ${deployments}/web`, {
    type: strategic,
    body: { spec: { replicas: 2, template: { spec: { containers } } } },
  })
  assert.equal(
    (await client.ask(`POST ${secrets}`, { body: record(2, 'pending-upgrade', {}) })).status,
    201,
  )
  // As its library computes it from the old chart, the new one and the live object.
  const merged = await client.ask(`PATCH ${deployments}/web`, {
    type: strategic,
    body: {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'main' }],
            containers: [
              {
                '$setElementOrder/ports': [{ containerPort: 8080 }],
                name: 'main',
                image: 'nginx:1.22',
                ports: [
                  { containerPort: 8080, protocol: 'TCP' },
                  { $patch: 'delete', containerPort: 80 },
                ],
              },
              { $patch: 'delete', name: 'aside' },
            ],
          },
        },
      },
    },
  })
  assert.equal(merged.status, 200)
  const { replicas, template } = merged.json.spec
  assert.equal(replicas, 2)
  assert.deepEqual(
    template.spec.containers.map((each: { name: string; image: string; ports?: object }) => [
      each.name,
      each.image,
      each.ports,
    ]),
    [
      ['by-hand', 'busybox:1', undefined],
      ['main', 'nginx:1.22', [{ containerPort: 8080, protocol: 'TCP' }]],
    ],
  )
  await untilReady(2)
  for (const body of [record(1, 'superseded', {}), record(2, 'deployed', { replicas: 2 })])
    assert.equal((await client.ask(`PUT ${secrets}/${body.metadata.name}`, { body })).status, 200)
})

test('its history is found by labels, and by the type of Secret', async () => {
  const find = async (query: string) =>
    (await client.ask(`GET ${secrets}?${query}`)).json.items.map(
      ({ metadata }: { metadata: { name: string } }) => metadata.name,
    )
  const names = ['sh.helm.release.v1.web.v1', 'sh.helm.release.v1.web.v2']
  assert.deepEqual(await find('labelSelector=name%3Dweb%2Cowner%3Dhelm'), names)
  assert.deepEqual(await find('labelSelector=owner%3Dhelm%2Cstatus%3Ddeployed'), [names[1]])
  assert.deepEqual(
    await find('labelSelector=owner%3Dhelm%2Cstatus%20notin%20%28superseded%2Cuninstalled%29'),
    [names[1]],
  )
  assert.deepEqual(await find('fieldSelector=type%3Dhelm.sh%2Frelease.v1'), names)
  const { json } = await client.ask(`GET ${secrets}/${names[1]}`)
  const release = Buffer.from(json.data.release, 'base64').toString()
  assert.deepEqual(JSON.parse(gunzipSync(Buffer.from(release, 'base64')).toString()), {
    replicas: 2,
  })
})

test('a newer one applies on the server, and takes over by force what it once wrote', async () => {
  const chart = deployment('nginx:1.25', 2)
  const path = `PATCH ${deployments}/web?fieldManager=helm4&fieldValidation=Strict`
  const refused = await client.ask(path, { type: apply, body: chart })
  assert.equal(refused.status, 409)
  assert.deepEqual(
    refused.json.details.causes.map(({ reason }: { reason: string }) => reason),
    refused.json.details.causes.map(() => 'FieldManagerConflict'),
  )
  const forced = await client.ask(`${path}&force=true`, { type: apply, body: chart })
  assert.equal(forced.status, 200)
  assert.equal(forced.json.spec.template.spec.containers.length, 3)
  const dry = await client.ask(`${path}&dryRun=All`, { type: apply, body: chart })
  assert.equal(dry.json.metadata.generation, forced.json.metadata.generation)
  const typo = { ...chart, spec: { ...chart.spec, replicaz: 1 } }
  const strict = await client.ask(path, { type: apply, body: typo })
  assert.match(strict.json.message, /\.spec\.replicaz: field not declared in schema/)
})

test('it uninstalls: the objects in the background, then its records', async () => {
  const gone = await client.ask(`DELETE ${deployments}/web`, {
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
  })
  assert.equal(gone.json.status, 'Success')
  assert.equal((await client.ask(`GET ${deployments}/web`)).status, 404)
  const { listers } = plane.informers
  await plane.eventually('no Pods', () => listers.Pod.list('default').length === 0)
  await client.ask(`DELETE ${secrets}?labelSelector=owner%3Dhelm`)
  assert.deepEqual((await client.ask(`GET ${secrets}`)).json.items, [])
})
