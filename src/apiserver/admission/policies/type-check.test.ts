import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../lib/clock.ts'
import { startWholeServer } from '../../testing/whole-server.ts'

const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const rule = (group: string, ...resources: readonly string[]) => ({
  ...{ apiGroups: [group], apiVersions: ['v1'], operations: ['CREATE'], resources },
})
const policy = (resourceRules: readonly object[], ...validations: readonly object[]) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'typed' },
  spec: { matchConstraints: { resourceRules }, validations },
})

async function checked(body: object) {
  await using server = await startWholeServer()
  const made = await server.root(`POST ${path}`, body)
  assert.equal(made.status, 201, made.text)
  for (;;) {
    const { json } = await server.root(`GET ${path}/typed`)
    if (json.status?.observedGeneration) return json.status
    await systemClock.sleep(2)
  }
}

test('expressions that fit are told to fit', async () => {
  const expression = "object.spec.replicas > 1 && object.metadata.name.startsWith('a')"
  assert.deepEqual(await checked(policy([rule('apps', 'deployments')], { expression })), {
    observedGeneration: 1,
    typeChecking: {},
  })
})

test('an expression that does not fit some kind is warned of, in the words of the compiler', async () => {
  const expression = "object.spec.replicas > '1'"
  const rules = [rule('apps', 'deployments', 'daemonsets', 'deployments/scale')]
  const { typeChecking } = await checked(
    policy(rules, { expression, messageExpression: 'object.metadata.labels.app' }),
  )
  const [warning, ...others] = typeChecking.expressionWarnings
  assert.deepEqual(others, [])
  assert.equal(warning.fieldRef, 'spec.validations[0].expression')
  assert.equal(
    warning.warning,
    "apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'\n" +
      " | object.spec.replicas > '1'\n | ...........^\n\n" +
      "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n" +
      " | object.spec.replicas > '1'\n | .....................^\n",
  )
})

test('a policy that takes no parameters cannot name them', async () => {
  await using server = await startWholeServer()
  const body = policy([rule('', 'pods')], { expression: 'params == null' })
  const { status, json } = await server.root(`POST ${path}`, body)
  assert.equal(status, 422)
  assert.match(json.message, /undeclared reference to 'params'/)
})

test('who writes a policy may read its parameters', async () => {
  await using server = await startWholeServer()
  const group = 'rbac.authorization.k8s.io'
  const rules = [
    { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['create'] },
  ]
  const role = { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'w' }, rules }
  await server.root(`POST /apis/${group}/v1/clusterroles`, role)
  await server.root(`POST /apis/${group}/v1/clusterrolebindings`, {
    ...{ ...role, kind: 'ClusterRoleBinding' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'w' },
    subjects: [{ apiGroup: group, kind: 'User', name: 'ada' }],
  })
  await server.settled()
  const body = policy([rule('', 'pods')], { expression: 'params != null' })
  const spec = { ...body.spec, paramKind: { apiVersion: 'v1', kind: 'Secret' } }
  const { status, json } = await server.as('ada')(`POST ${path}`, { ...body, spec })
  assert.equal(status, 422)
  assert.equal(
    json.details.causes[0].message,
    'Forbidden: user &{ada  [system:authenticated] map[]} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)',
  )
  assert.equal((await server.root(`POST ${path}`, { ...body, spec })).status, 201)
})

test('a policy sees the version it is about, also where another was sent', async () => {
  await using server = await startWholeServer()
  const registration = '/apis/admissionregistration.k8s.io/v1'
  const expression = "object.apiVersion == 'autoscaling/v1' && request.kind.version == 'v1'"
  const body = policy([rule('autoscaling', 'horizontalpodautoscalers')], {
    ...{ expression: `!(${expression})`, message: 'seen as v1' },
  })
  await server.root(`POST ${path}`, body)
  await server.root(`POST ${registration}/validatingadmissionpolicybindings`, {
    ...{ ...body, kind: 'ValidatingAdmissionPolicyBinding' },
    spec: { policyName: 'typed', validationActions: ['Deny'] },
  })
  const { json } = await server.root(
    'POST /apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    {
      ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
      metadata: { name: 'web' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    },
  )
  assert.match(json.message, /denied request: seen as v1$/)
})
