import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts'

const path = '/apis/authorization.k8s.io/v1'
const head = (kind: string) => ({ apiVersion: 'authorization.k8s.io/v1', kind })

let server: WholeServer
before(async () => {
  server = await startWholeServer()
})
after(() => server[Symbol.asyncDispose]())

async function causes(kind: string, spec: object, metadata?: object) {
  const at = kind === 'LocalSubjectAccessReview' ? `${path}/namespaces/a` : path
  const line = `POST ${at}/${kind.toLowerCase()}s`
  const { status, json } = await server.root(line, { ...head(kind), metadata, spec })
  if (status === 201) return json.status
  assert.equal(status, 422, JSON.stringify(json))
  return json.details.causes.map(
    ({ field, message }: Record<string, string>) => `${field}: ${message}`,
  )
}

test('a review must ask one thing about somebody', async () => {
  assert.deepEqual(await causes('SubjectAccessReview', {}), [
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ])
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'b' }
  assert.deepEqual(await causes('LocalSubjectAccessReview', { user: 'ada', resourceAttributes }), [
    'spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace',
  ])
  const named = { user: 'ada', resourceAttributes }
  assert.deepEqual(await causes('SubjectAccessReview', named, { name: 'x' }), [
    'metadata: Invalid value: {"name":"x"}: must be empty',
  ])
})

test('selectors are checked, and told to authorizers', async () => {
  const asking = (fieldSelector: object) => ({
    ...{ user: 'system:node:n1', groups: ['system:nodes'] },
    resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector },
  })
  const requirement = { key: 'spec.nodeName', operator: 'In', values: ['n1'] }
  const ask = (selector: object) => causes('SubjectAccessReview', asking(selector))
  assert.deepEqual(await ask({ rawSelector: 'spec.nodeName=n1' }), { allowed: true })
  assert.deepEqual(await ask({ requirements: [requirement] }), { allowed: true })
  assert.equal((await ask({ rawSelector: 'spec.nodeName=n2' })).allowed, false)
  assert.deepEqual(await ask({ rawSelector: '!' }), {
    allowed: false,
    reason: 'can only list/watch pods with spec.nodeName field selector',
    evaluationError: 'spec.resourceAttributes.fieldSelector ignored due to parse error',
  })
  assert.deepEqual(await ask({ requirements: [{ operator: 'Exists', values: ['x'] }] }), [
    'spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified',
    "spec.resourceAttributes.fieldSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ])
})

test('the rules of a node cannot be told, those of others can', async () => {
  const review = { ...head('SelfSubjectRulesReview'), spec: { namespace: 'default' } }
  const ask = server.as('system:node:n1', 'system:nodes')
  const { json } = await ask(`POST ${path}/selfsubjectrulesreviews`, review)
  assert.equal(json.status.incomplete, true)
  assert.equal(json.status.evaluationError, 'node authorizer does not support user rule resolution')
  const root = await server.root(`POST ${path}/selfsubjectrulesreviews`, review)
  assert.equal(root.json.status.incomplete, false)
  assert.deepEqual(root.json.status.resourceRules[0], {
    ...{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  })
})
