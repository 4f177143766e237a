import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FixtureOptions, registryFixture } from '../../registry/registry-fixture.ts'

const group = '/apis/admissionregistration.k8s.io/v1'
const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})
const resourceRules = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
]

async function fixture(options?: FixtureOptions) {
  const api = await registryFixture(options)
  const make = (plural: string, kind: string, spec: object) =>
    api.ask(`POST ${group}/${plural}`, {
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind,
        metadata: { name: 'test' },
        spec,
      },
    })
  const made = async (plural: string, kind: string, spec: object) => {
    const answer = await make(plural, kind, spec)
    assert.equal(answer.status, 201, answer.text)
  }
  return {
    ...api,
    make,
    async validating(policy: object, binding: object = {}) {
      await made('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
        matchConstraints: { resourceRules },
        ...policy,
      })
      const spec = { policyName: 'test', validationActions: ['Deny'], ...binding }
      await made('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', spec)
    },
    async mutating(...mutations: object[]) {
      const constraints = { matchConstraints: { resourceRules }, reinvocationPolicy: 'Never' }
      const spec = { ...constraints, mutations }
      await made('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', spec)
      await made('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', {
        policyName: 'test',
      })
    },
    write: (name: string, data: object) =>
      api.ask(`POST ${configMaps}`, { body: configMap(name, data) }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

test('a validation that is false denies, with its message or its expression', async () => {
  await using api = await fixture()
  await api.validating({
    validations: [
      { expression: 'size(object.data) < 3', message: 'at most two' },
      { expression: "has(object.data.a) && object.data.a != ''" },
    ],
  })
  assert.equal((await api.write('good', { a: '1' })).status, 201)
  const { json } = await api.write('big', { a: '1', b: '2', c: '3' })
  assert.equal(json.code, 422)
  assert.equal(json.reason, 'Invalid')
  assert.equal(
    json.message,
    `configmaps "big" is forbidden: ValidatingAdmissionPolicy 'test' with binding 'test' denied request: at most two`,
  )
  const other = await api.write('other', { b: '1' })
  assert.match(
    other.json.message,
    /denied request: failed expression: has\(object\.data\.a\) && object\.data\.a != ''$/,
  )
})

test('variables, message expressions, reasons and the Namespace', async () => {
  await using api = await fixture()
  await api.validating({
    variables: [
      { name: 'keys', expression: 'object.data.map(k, k)' },
      { name: 'count', expression: 'size(variables.keys)' },
    ],
    validations: [
      {
        expression: 'variables.count < 2 && request.userInfo.username == "tester"',
        messageExpression:
          "'%d keys in %s, by %s'.format([variables.count, namespaceObject.metadata.name, request.operation])",
        reason: 'Forbidden',
      },
    ],
  })
  const { json } = await api.write('a', { a: '1', b: '2' })
  assert.equal(json.code, 403)
  assert.match(json.message, /denied request: 2 keys in default, by CREATE$/)
})

test('parameters come from the object that the binding names', async () => {
  await using api = await fixture()
  await api.validating(
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'not-limits', expression: "object.metadata.name != 'limits'" }],
      validations: [{ expression: 'size(object.data) <= int(params.data.most)' }],
    },
    { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
  )
  const missing = await api.write('a', { a: '1' })
  assert.match(
    missing.json.message,
    /denied request: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  )
  const { store } = api
  const stored = await store.range('/registry/configmaps/')
  assert.equal(stored.entries.length, 0)
  const path = `${group}/validatingadmissionpolicybindings/test`
  const headers = { 'content-type': 'application/merge-patch+json' }
  const relax = { spec: { paramRef: { parameterNotFoundAction: 'Allow' } } }
  assert.equal((await api.ask(`PATCH ${path}`, { body: relax, headers })).status, 200)
  assert.equal((await api.write('limits', { most: '1' })).status, 201)
  assert.equal((await api.write('a', { a: '1' })).status, 201)
  assert.equal((await api.write('b', { a: '1', b: '2' })).status, 422)
})

test('a binding may only warn, and failures may be ignored', async () => {
  await using api = await fixture()
  await api.validating(
    {
      failurePolicy: 'Ignore',
      validations: [
        { expression: 'object.data.none == "x"' },
        { expression: 'size(object.data) > 5', message: 'few' },
      ],
    },
    { validationActions: ['Warn'] },
  )
  const answer = await api.write('a', { a: '1' })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.warnings, [
    "Validation failed for ValidatingAdmissionPolicy 'test' with binding 'test': few",
  ])
})

test('an expression that fails denies', async () => {
  await using api = await fixture()
  await api.validating({ validations: [{ expression: 'object.data.none == "x"' }] })
  const { json } = await api.write('a', { a: '1' })
  assert.match(
    json.message,
    /denied request: expression 'object\.data\.none == "x"' resulted in error: no such key: none$/,
  )
})

test('expressions may ask the authorizer', async () => {
  const authorize = (user: { readonly name: string }, { verb }: { readonly verb: string }) => ({
    allowed: verb === 'create',
    reason: user.name,
  })
  await using api = await fixture({ authorize })
  await api.validating({
    validations: [
      { expression: "authorizer.requestResource.check('create').reason() == 'tester'" },
      {
        expression: "authorizer.group('').resource('pods').check('delete').allowed()",
        message: 'no',
      },
    ],
  })
  assert.match((await api.write('a', { a: '1' })).json.message, /denied request: no$/)
})

test('a policy without a binding does nothing, and a deleted one no more', async () => {
  await using api = await fixture()
  await api.validating({ validations: [{ expression: 'false' }] })
  assert.equal((await api.write('a', { a: '1' })).status, 422)
  assert.equal(
    (await api.ask(`DELETE ${group}/validatingadmissionpolicybindings/test`)).status,
    200,
  )
  assert.equal((await api.write('a', { a: '1' })).status, 201)
})

test('a policy or webhook whose expression does not compile is refused', async () => {
  await using api = await fixture()
  const policy = (spec: object) =>
    api.make('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
      matchConstraints: { resourceRules },
      ...spec,
    })
  const { json } = await policy({ validations: [{ expression: 'foo == 1' }] })
  assert.equal(json.code, 422)
  assert.deepEqual(json.details.causes, [
    {
      reason: 'FieldValueInvalid',
      message:
        'Invalid value: "foo == 1": compilation failed: ' +
        "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^",
      field: 'spec.validations[0].expression',
    },
  ])
  const wrong = await policy({ validations: [{ expression: '1 + 1' }] })
  assert.match(wrong.json.message, /Invalid value: "1 \+ 1": must evaluate to bool$/)
  const hooks = await api.ask(`POST ${group}/validatingwebhookconfigurations`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'test' },
      webhooks: [
        {
          name: 'check.example.com',
          clientConfig: { url: 'https://127.0.0.1/' },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          matchConditions: [{ name: 'broken', expression: 'true &&' }],
        },
      ],
    },
  })
  assert.equal(hooks.status, 422)
  assert.equal(hooks.json.details.causes[0].field, 'webhooks[0].matchConditions[0].expression')
})

test('a mutating policy applies configurations and patches', async () => {
  await using api = await fixture()
  await api.mutating(
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: {
        expression:
          'Object{metadata: Object.metadata{labels: {"by": request.userInfo.username}}, data: {"added": "yes"}}',
      },
    },
    {
      patchType: 'JSONPatch',
      jsonPatch: {
        expression:
          '[JSONPatch{op: "test", path: "/data/added", value: "yes"}, JSONPatch{op: "add", path: "/data/patched", value: string(size(object.data))}]',
      },
    },
  )
  const { json } = await api.write('a', { own: '1' })
  assert.deepEqual(json.data, { own: '1', added: 'yes', patched: '2' })
  assert.deepEqual(json.metadata.labels, { by: 'tester' })
})

test('a mutation that fails refuses the request', async () => {
  await using api = await fixture()
  await api.mutating({
    patchType: 'JSONPatch',
    jsonPatch: { expression: '[JSONPatch{op: "remove", path: object.data.none}]' },
  })
  const { json } = await api.write('a', { own: '1' })
  assert.equal(json.code, 422)
  assert.match(
    json.message,
    /^configmaps "a" is forbidden: policy 'test' with binding 'test' denied/,
  )
  assert.match(json.message, /resulted in error: no such key: none$/)
})
