import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from './registry-fixture.ts'

const pods = '/api/v1/namespaces/default/pods'
const pod = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
})

/** Without admission beyond namespaces, so that a Pod is what was sent. */
async function podFixture() {
  const api = await registryFixture({ plugins: [] })
  const create = async (name: string, metadata?: object) => {
    const answer = await api.ask(`POST ${pods}`, { body: pod(name, metadata) })
    assert.equal(answer.status, 201, answer.text)
    return answer.json
  }
  const bind = (name: string, node: string) =>
    api.ask(`POST ${pods}/${name}/binding`, {
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name },
        target: { kind: 'Node', name: node },
      },
    })
  return { ...api, create, bind, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

test('a Pod is bound to a node once', async () => {
  await using api = await podFixture()
  await api.create('web')
  const bound = await api.bind('web', 'one')
  assert.equal(bound.status, 201)
  assert.deepEqual(bound.json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  })
  const { json } = await api.ask(`GET ${pods}/web`)
  assert.equal(json.spec.nodeName, 'one')
  const condition = json.status.conditions.find(
    (each: { type: string }) => each.type === 'PodScheduled',
  )
  assert.equal(condition.status, 'True')
  const again = await api.bind('web', 'two')
  assert.equal(again.status, 409)
  assert.equal(
    again.json.message,
    'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "one"',
  )
})

test('a Pod that no node runs vanishes at once', async () => {
  await using api = await podFixture()
  await api.create('web')
  const deleted = await api.ask(`DELETE ${pods}/web`)
  assert.equal(deleted.status, 200)
  assert.equal(deleted.json.kind, 'Pod')
  assert.equal((await api.ask(`GET ${pods}/web`)).status, 404)
})

test('a running Pod is given its grace period, which can only be shortened', async () => {
  await using api = await podFixture()
  await api.create('web')
  await api.bind('web', 'one')
  const deleted = await api.ask(`DELETE ${pods}/web?gracePeriodSeconds=20`)
  assert.equal(deleted.json.metadata.deletionTimestamp, '2026-01-01T00:00:20Z')
  assert.equal(deleted.json.metadata.deletionGracePeriodSeconds, 20)
  const longer = await api.ask(`DELETE ${pods}/web?gracePeriodSeconds=60`)
  assert.equal(longer.json.metadata.deletionGracePeriodSeconds, 20)
  const shorter = await api.ask(`DELETE ${pods}/web`, { body: { gracePeriodSeconds: 5 } })
  assert.equal(shorter.json.metadata.deletionTimestamp, '2026-01-01T00:00:05Z')
  const done = await api.ask(`DELETE ${pods}/web?gracePeriodSeconds=0`)
  assert.equal(done.status, 200)
  assert.equal((await api.ask(`GET ${pods}/web`)).status, 404)
})

test('a finalizer holds an object until it is taken away', async () => {
  await using api = await podFixture()
  const maps = '/api/v1/namespaces/default/configmaps'
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web', finalizers: ['example.com/held'] },
  }
  await api.ask(`POST ${maps}`, { body })
  const deleted = await api.ask(`DELETE ${maps}/web`)
  assert.equal(deleted.json.kind, 'ConfigMap')
  assert.equal(deleted.json.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(deleted.json.metadata.deletionGracePeriodSeconds, 0)
  const again = await api.ask(`DELETE ${maps}/web`)
  assert.equal(again.json.metadata.resourceVersion, deleted.json.metadata.resourceVersion)
  const freed = await api.ask(`PATCH ${maps}/web`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { finalizers: null } },
  })
  assert.equal(freed.status, 200)
  assert.equal((await api.ask(`GET ${maps}/web`)).status, 404)
})

test('the way dependents are to go is a finalizer', async () => {
  await using api = await podFixture()
  const path = '/apis/apps/v1/namespaces/default/replicasets'
  const body = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      },
    },
  })
  for (const name of ['a', 'b', 'c']) await api.ask(`POST ${path}`, { body: body(name) })
  const foreground = await api.ask(`DELETE ${path}/a?propagationPolicy=Foreground`)
  assert.deepEqual(foreground.json.metadata.finalizers, ['foregroundDeletion'])
  const orphan = await api.ask(`DELETE ${path}/b`, { body: { propagationPolicy: 'Orphan' } })
  assert.deepEqual(orphan.json.metadata.finalizers, ['orphan'])
  const background = await api.ask(`DELETE ${path}/c?propagationPolicy=Background`)
  assert.equal(background.json.status, 'Success')
  assert.equal(background.json.details.kind, 'replicasets')
  const wrong = await api.ask(`DELETE ${path}/c?propagationPolicy=Quickly`)
  assert.equal(
    wrong.json.message,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Quickly": supported values: "Foreground", "Background", "Orphan", "nil"',
  )
})

test('preconditions guard a delete', async () => {
  await using api = await podFixture()
  const { metadata } = await api.create('web')
  const wrong = await api.ask(`DELETE ${pods}/web`, { body: { preconditions: { uid: 'other' } } })
  assert.equal(wrong.status, 409)
  assert.equal(
    wrong.json.message,
    `Operation cannot be fulfilled on Pod "web": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  )
  const stale = await api.ask(`DELETE ${pods}/web`, {
    body: { preconditions: { resourceVersion: '1' } },
  })
  assert.equal(stale.status, 409)
})

test('a collection is deleted by selector', async () => {
  await using api = await podFixture()
  await api.create('a', { labels: { app: 'web' } })
  await api.create('b', { labels: { app: 'web' } })
  await api.create('c')
  const deleted = await api.ask(`DELETE ${pods}?labelSelector=app%3Dweb`)
  assert.equal(deleted.status, 200)
  assert.equal(deleted.json.kind, 'PodList')
  assert.equal(deleted.json.items.length, 2)
  const { json } = await api.ask(`GET ${pods}`)
  assert.deepEqual(
    json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['c'],
  )
})

test('a Namespace goes once it is finalized', async () => {
  await using api = await podFixture()
  await api.namespace('old')
  const { json: marked } = await api.ask('DELETE /api/v1/namespaces/old')
  assert.equal(marked.status.phase, 'Terminating')
  assert.equal((await api.ask('DELETE /api/v1/namespaces/old')).status, 200)
  const finalized = await api.ask('PUT /api/v1/namespaces/old/finalize', {
    body: { ...marked, spec: { finalizers: [] } },
  })
  assert.equal(finalized.status, 200, finalized.text)
  assert.equal((await api.ask('GET /api/v1/namespaces/old')).status, 404)
})

test('replicas are set through the scale', async () => {
  await using api = await podFixture()
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      },
    },
  }
  const { json: created } = await api.ask(`POST ${path}`, { body })
  const { json: scale } = await api.ask(`GET ${path}/web/scale`)
  assert.deepEqual(scale, {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: created.metadata.uid,
      resourceVersion: created.metadata.resourceVersion,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { replicas: 1 },
    status: { replicas: 0, selector: 'app=web' },
  })
  const put = await api.ask(`PUT ${path}/web/scale`, { body: { ...scale, spec: { replicas: 3 } } })
  assert.equal(put.json.spec.replicas, 3)
  const patched = await api.ask(`PATCH ${path}/web/scale`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { replicas: 5 } },
  })
  assert.equal(patched.json.spec.replicas, 5)
  const { json } = await api.ask(`GET ${path}/web`)
  assert.equal(json.spec.replicas, 5)
  assert.equal(json.metadata.generation, 3)
  const stale = await api.ask(`PUT ${path}/web/scale`, { body: scale })
  assert.equal(stale.status, 409)
})

test('an eviction of an older client is in policy/v1beta1', async () => {
  await using api = await podFixture()
  await api.create('web', {})
  const { status } = await api.ask(`POST ${pods}/web/eviction`, {
    body: { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'web' } },
  })
  assert.equal(status, 201)
  assert.equal((await api.ask(`GET ${pods}/web`)).status, 404)
})

test('an eviction asks the budget', async () => {
  await using api = await podFixture()
  await api.create('web', { labels: { app: 'web' } })
  await api.ask(`PATCH ${pods}/web/status`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
  })
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  const budget = await api.ask(`POST ${budgets}`, {
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    },
  })
  assert.equal(budget.status, 201)
  const status = (allowed: number) =>
    api.ask(`PATCH ${budgets}/web/status`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: {
        status: {
          observedGeneration: 1,
          disruptionsAllowed: allowed,
          currentHealthy: 1,
          desiredHealthy: 1,
          expectedPods: 1,
        },
      },
    })
  await status(0)
  const evict = () =>
    api.ask(`POST ${pods}/web/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } },
    })
  const refused = await evict()
  assert.equal(refused.status, 429)
  assert.deepEqual(refused.json.details, {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: 'The disruption budget web needs 1 healthy pods and has 1 currently',
      },
    ],
    retryAfterSeconds: 10,
  })
  await status(1)
  assert.equal((await evict()).status, 201)
  assert.equal((await api.ask(`GET ${pods}/web`)).status, 404)
  const { json } = await api.ask(`GET ${budgets}/web`)
  assert.equal(json.status.disruptionsAllowed, 0)
  assert.deepEqual(json.status.disruptedPods, { web: '2026-01-01T00:00:00Z' })
})
