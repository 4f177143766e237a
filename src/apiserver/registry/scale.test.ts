import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from './registry-fixture.ts'

const now = '2026-01-01T00:00:00Z'
const types = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}
const scaleOf = (replicas: number, metadata: object = {}) => ({
  kind: 'Scale',
  apiVersion: 'autoscaling/v1',
  metadata: { name: 'web', ...metadata },
  spec: { replicas },
})

type Fixture = Awaited<ReturnType<typeof registryFixture>>

/** Writes of one workload, `web`, and who owns its replicas after them. */
function workload(api: Fixture, path: string, kind: string) {
  const apiVersion = path.startsWith('/apis/apps') ? 'apps/v1' : 'v1'
  const labels = { app: 'web' }
  const body = {
    ...{ apiVersion, kind, metadata: { name: 'web' } },
    spec: {
      replicas: 1,
      selector: kind === 'ReplicationController' ? labels : { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'nginx' }] } },
    },
  }
  const patch = (type: keyof typeof types) => (line: string, sent: object) =>
    api.ask(`PATCH ${path}/${line}`, { headers: { 'content-type': types[type] }, body: sent })
  return {
    body,
    merge: patch('merge'),
    json: patch('json'),
    strategic: patch('strategic'),
    apply: patch('apply'),
    put: (line: string, sent: object) => api.ask(`PUT ${path}/${line}`, { body: sent }),
    create: (more: object = {}) =>
      api.ask(`POST ${path}?fieldManager=maker`, { body: { ...body, ...more } }),
    get: async () => (await api.ask(`GET ${path}/web`)).json,
    async owners() {
      const { json } = await api.ask(`GET ${path}/web`)
      const entries: ReturnType<typeof JSON.parse>[] = json.metadata.managedFields ?? []
      const own = entries.filter(({ fieldsV1 }) => fieldsV1['f:spec']?.['f:replicas'])
      return [json.spec.replicas, ...own.map(({ manager }) => manager)]
    },
  }
}

for (const [path, kind] of [
  ['/apis/apps/v1/namespaces/default/deployments', 'Deployment'],
  ['/apis/apps/v1/namespaces/default/statefulsets', 'StatefulSet'],
  ['/apis/apps/v1/namespaces/default/replicasets', 'ReplicaSet'],
  ['/api/v1/namespaces/default/replicationcontrollers', 'ReplicationController'],
] as const) {
  test(`the replicas of a ${kind} belong to who applies it or its Scale`, async () => {
    await using api = await registryFixture()
    const web = workload(api, path, kind)
    assert.equal((await web.apply('web?fieldManager=applier', web.body)).status, 201)
    assert.deepEqual(await web.owners(), [1, 'applier'])
    await web.merge('web/scale?fieldManager=status', { status: { replicas: 42 } })
    assert.deepEqual(await web.owners(), [1, 'applier'])
    await web.merge('web/scale?fieldManager=scaler', { spec: { replicas: 5 } })
    assert.deepEqual(await web.owners(), [5, 'scaler'])
    assert.equal((await web.apply('web?fieldManager=applier', web.body)).status, 409)
    await web.apply('web?fieldManager=applier&force=true', web.body)
    assert.deepEqual(await web.owners(), [1, 'applier'])
    const refused = await web.apply('web/scale?fieldManager=scale', scaleOf(17))
    assert.deepEqual([refused.status, refused.json.reason], [409, 'Conflict'])
    assert.equal(
      refused.json.message,
      'Apply failed with 1 conflict: conflict with "applier": .spec.replicas',
    )
    assert.deepEqual(refused.json.details, {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "applier"',
          field: '.spec.replicas',
        },
      ],
    })
    const forced = await web.apply('web/scale?fieldManager=scale&force=true', scaleOf(17))
    assert.deepEqual(
      [forced.status, forced.json.kind, forced.json.spec],
      [200, 'Scale', { replicas: 17 }],
    )
    assert.equal(forced.json.metadata.managedFields, undefined)
    assert.deepEqual(await web.owners(), [17, 'scale'])
    await web.put('web/scale?fieldManager=replacer', scaleOf(7))
    assert.deepEqual(await web.owners(), [7, 'replacer'])
    await web.apply('web/scale?fieldManager=other', scaleOf(7))
    assert.deepEqual(await web.owners(), [7, 'other', 'replacer'])
    await web.json('web/scale?fieldManager=json', [
      { op: 'replace', path: '/spec/replicas', value: 3 },
    ])
    assert.deepEqual(await web.owners(), [3, 'json'])
    await web.strategic('web/scale?fieldManager=strategic', { spec: { replicas: 4 } })
    assert.deepEqual(await web.owners(), [4, 'strategic'])
  })
}

const deployments = '/apis/apps/v1/namespaces/default/deployments'

test('a Scale that is applied is an entry of its own, in the version of the object', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  await web.create()
  const answer = await web.apply('web/scale?fieldManager=me&force=true', scaleOf(2))
  assert.equal(answer.status, 200, answer.text)
  const { metadata } = await web.get()
  assert.deepEqual(metadata.managedFields[0], {
    manager: 'me',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    subresource: 'scale',
  })
  const [, rest] = metadata.managedFields
  assert.deepEqual([rest.manager, rest.operation, rest.time], ['maker', 'Update', now])
  assert.equal(rest.fieldsV1['f:spec']['f:replicas'], undefined)
  assert.deepEqual(rest.fieldsV1['f:spec']['f:selector'], {})
  const again = await web.apply('web/scale?fieldManager=me', scaleOf(2))
  assert.equal(again.json.metadata.resourceVersion, metadata.resourceVersion)
})

test('setting what is set already changes nothing', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  const { json } = await web.create()
  const put = await web.put('web/scale?fieldManager=me', scaleOf(1))
  assert.equal(put.json.metadata.resourceVersion, json.metadata.resourceVersion)
  assert.deepEqual((await web.get()).metadata, json.metadata)
})

test('replicas that nobody said belong to those before the first apply, and to no one at zero', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  const { replicas: _, ...spec } = web.body.spec
  await web.apply('web?fieldManager=applier', { ...web.body, spec })
  assert.deepEqual(await web.owners(), [1])
  await web.merge('web/scale?fieldManager=scaler', { spec: { replicas: 2 } })
  assert.deepEqual(await web.owners(), [2])
  const refused = await web.apply('web/scale?fieldManager=me', scaleOf(3))
  assert.equal(
    refused.json.message,
    'Apply failed with 1 conflict: conflict with "before-first-apply" with subresource "scale" using autoscaling/v1: .spec.replicas',
  )
  await web.apply('web/scale?fieldManager=me&force=true', scaleOf(3))
  assert.deepEqual(await web.owners(), [3, 'me'])
  await web.merge('web/scale?fieldManager=scaler', { spec: { replicas: 0 } })
  assert.deepEqual(await web.owners(), [0])
})

test('a dry run scales nothing', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  const { json } = await web.create()
  const query = 'fieldManager=me&force=true&dryRun=All'
  const answer = await web.apply(`web/scale?${query}`, scaleOf(9))
  assert.deepEqual([answer.status, answer.json.spec], [200, { replicas: 9 }])
  assert.deepEqual(await web.get(), json)
})

test('what an apply of a Scale must say, and may not', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  const missing = await web.apply('web/scale?fieldManager=me', scaleOf(1))
  assert.deepEqual(
    [missing.status, missing.json.message],
    [404, 'deployments.apps "web" not found'],
  )
  const { json: made } = await web.create()
  const refusal = async (sent: object, query = 'fieldManager=me&force=true') => {
    const { status, json } = await web.apply(`web/scale?${query}`, sent)
    return `${status} ${json.message}`
  }
  assert.equal(
    await refusal(scaleOf(1), ''),
    '422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  )
  assert.equal(
    await refusal(scaleOf(1, { name: 'other' })),
    '400 the name of the object (other) does not match the name on the URL (web)',
  )
  assert.equal(
    await refusal(scaleOf(1, { namespace: 'other' })),
    '400 the namespace of the provided object does not match the namespace sent on the request',
  )
  assert.equal(
    await refusal({ ...scaleOf(1), spec: { replicas: 1, odd: 2 } }),
    '400 failed to create typed patch object (/web; autoscaling/v1, Kind=Scale): .spec.odd: field not declared in schema',
  )
  assert.equal(
    await refusal(scaleOf(-1)),
    '422 Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  )
  assert.equal(
    await refusal(scaleOf(1, { managedFields: [{}] })),
    '400 metadata.managedFields must be nil',
  )
  assert.equal(
    await refusal(scaleOf(2, { resourceVersion: '1' })),
    '409 Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
  )
  assert.equal(
    await refusal(scaleOf(2, { uid: 'other' })),
    `409 Operation cannot be fulfilled on deployments/scale.apps "web": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
  )
  const yaml = 'apiVersion: autoscaling/v1\nkind: Scale\nspec: {replicas: 2}\nspec: {replicas: 3}\n'
  const strict = await api.ask(
    `PATCH ${deployments}/web/scale?fieldManager=me&fieldValidation=Strict`,
    {
      headers: { 'content-type': types.apply },
      body: yaml,
    },
  )
  assert.equal(strict.status, 400)
  assert.match(strict.json.message, /line 4: key "spec" already set in map/)
  assert.deepEqual(await web.get(), made)
})

test('a patch of a Scale keeps to its name and is strict where that is asked', async () => {
  await using api = await registryFixture()
  const web = workload(api, deployments, 'Deployment')
  await web.create()
  const named = await web.merge('web/scale', { metadata: { name: 'other' } })
  assert.equal(
    named.json.message,
    'the name of the object (other) does not match the name on the URL (web)',
  )
  const strict = await web.merge('web/scale?fieldValidation=Strict', { spec: { odd: 1 } })
  assert.equal(strict.status, 422)
  assert.match(strict.json.message, /strict decoding error: unknown field "spec.odd"$/)
  const warned = await web.strategic('web/scale', { spec: { odd: 1, replicas: 2 } })
  assert.deepEqual(
    [warned.json.spec, warned.warnings],
    [{ replicas: 2 }, ['unknown field "spec.odd"']],
  )
  const forced = await web.merge('web/scale?force=true', { spec: { replicas: 2 } })
  assert.equal(forced.status, 422)
})
