import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts'

// What admission is shown for each sort of request, said back by a policy that refuses everything
// about objects called `seen`.

const registration = '/apis/admissionregistration.k8s.io/v1'
const apiVersion = 'admissionregistration.k8s.io/v1'
const place = "request.resource.resource + '/' + request.?subResource.orValue('')"
const shown = `request.operation + ' ' + request.kind.kind + ' ' + ${place} + ' ' + request.name`
const details = [
  "has(object.spec) && has(object.spec.replicas) ? ' ' + string(object.spec.replicas) : ''",
  "has(object.command) ? ' ' + object.command[0] : ''",
  "has(object.path) ? ' ' + object.path : ''",
]
  .map((part) => `(${part})`)
  .join(' + ')

let server: WholeServer
before(async () => {
  server = await startWholeServer()
  const { root } = server
  const core = '/api/v1/namespaces/default'
  const spec = { containers: [{ name: 'main', image: 'nginx' }] }
  const metadata = { name: 'seen', labels: { app: 'seen' } }
  const v1 = { apiVersion: 'v1', metadata }
  const made = [
    await root(`POST ${core}/serviceaccounts`, { ...v1, kind: 'ServiceAccount' }),
    await root(`POST ${core}/pods`, {
      ...{ ...v1, kind: 'Pod' },
      spec: { ...spec, serviceAccountName: 'seen' },
    }),
    await root(`POST ${core}/services`, {
      ...v1,
      kind: 'Service',
      spec: { ports: [{ port: 80 }] },
    }),
    await root('POST /apis/apps/v1/namespaces/default/deployments', {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: { selector: { matchLabels: metadata.labels }, template: { metadata, spec } },
    }),
    await root(`POST ${registration}/validatingadmissionpolicies`, {
      ...{ apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'seen' } },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              ...{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'] },
              resources: ['*/*', '*'],
            },
          ],
        },
        validations: [
          {
            expression: "!(request.name in ['seen', 'sar'])",
            messageExpression: `${shown} + (object == null ? '' : ${details})`,
          },
        ],
      },
    }),
    await root(`POST ${registration}/validatingadmissionpolicybindings`, {
      ...{ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'seen' } },
      spec: { policyName: 'seen', validationActions: ['Deny'] },
    }),
  ]
  for (const { status, text } of made) assert.equal(status, 201, text)
})
after(() => server[Symbol.asyncDispose]())

const core = '/api/v1/namespaces/default'
const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' }
const named = { metadata: { name: 'seen' } }
const requests: Readonly<Record<string, readonly [string, object?]>> = {
  'CONNECT PodExecOptions pods/exec seen ls': [`GET ${core}/pods/seen/exec?command=ls&stdout=true`],
  'CONNECT PodAttachOptions pods/attach seen': [`POST ${core}/pods/seen/attach`],
  'CONNECT PodPortForwardOptions pods/portforward seen': [`GET ${core}/pods/seen/portforward`],
  'CONNECT PodProxyOptions pods/proxy seen /a/': [`GET ${core}/pods/seen/proxy/a/`],
  'CONNECT ServiceProxyOptions services/proxy seen': [`PUT ${core}/services/seen/proxy`],
  'CREATE Binding pods/binding seen': [
    `POST ${core}/pods/seen/binding`,
    { apiVersion: 'v1', kind: 'Binding', ...named, target },
  ],
  'CREATE Eviction pods/eviction seen': [
    `POST ${core}/pods/seen/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', ...named },
  ],
  'CREATE TokenRequest serviceaccounts/token seen': [
    `POST ${core}/serviceaccounts/seen/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  ],
  'UPDATE Scale deployments/scale seen 3': [
    'PUT /apis/apps/v1/namespaces/default/deployments/seen/scale',
    { apiVersion: 'autoscaling/v1', kind: 'Scale', ...named, spec: { replicas: 3 } },
  ],
  'DELETE Pod pods/ seen': [`DELETE ${core}/pods/seen`],
}

for (const [expected, [line, body]] of Object.entries(requests)) {
  test(`${line} is ${expected}`, async () => {
    const { status, json } = await server.root(line, body)
    const message = String(json?.message)
    const words = "ValidatingAdmissionPolicy 'seen' with binding 'seen' denied request: "
    assert.equal(message.slice(message.indexOf(words) + words.length), expected)
    assert.equal(status, 422)
  })
}

test('each object of a collection that is deleted is shown', async () => {
  const { status, json } = await server.root(`DELETE ${core}/pods`)
  assert.equal(status, 422)
  assert.match(json.message, /DELETE Pod pods\/ seen$/)
})

test('a policy changes a Scale as a Scale', async () => {
  const { root } = server
  await root(`DELETE ${registration}/validatingadmissionpolicybindings/seen`)
  const expression = 'Object{spec: Object.spec{replicas: 5}}'
  await root(`POST ${registration}/mutatingadmissionpolicies`, {
    ...{ apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name: 'five' } },
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: {
        resourceRules: [
          {
            ...{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'] },
            resources: ['deployments/scale'],
          },
        ],
      },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    },
  })
  await root(`POST ${registration}/mutatingadmissionpolicybindings`, {
    ...{ apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name: 'five' } },
    spec: { policyName: 'five' },
  })
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', ...named, spec: { replicas: 3 } }
  const path = '/apis/apps/v1/namespaces/default/deployments/seen/scale'
  const { status, json } = await root(`PUT ${path}`, scale)
  assert.equal(status, 200, JSON.stringify(json))
  assert.equal(json.spec.replicas, 5)
})

test('who may only get exec may not run anything by GET', async () => {
  const { root } = server
  const group = 'rbac.authorization.k8s.io'
  const meta = { apiVersion: `${group}/v1`, metadata: { name: 'getter' } }
  const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }]
  await root(`POST /apis/${group}/v1/clusterroles`, { ...meta, kind: 'ClusterRole', rules })
  await root(`POST /apis/${group}/v1/clusterrolebindings`, {
    ...{ ...meta, kind: 'ClusterRoleBinding' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'getter' },
    subjects: [{ apiGroup: group, kind: 'User', name: 'ada' }],
  })
  await server.settled()
  const { status, json } = await server.as('ada')(`GET ${core}/pods/seen/exec?command=ls`)
  assert.equal(status, 403)
  assert.equal(
    json.message,
    'pods "seen" is forbidden: User "ada" cannot create resource "pods/exec" in API group "" in the namespace "default"',
  )
})
