import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../../registry/registry-fixture.ts'
import { detailsOf, violations } from './standards.ts'

const prefix = 'pod-security.kubernetes.io/'
const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}
const pod = (name: string, spec: object = {}, securityContext: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'nginx', securityContext }], ...spec },
})

async function fixture(labels: Record<string, string>) {
  const api = await registryFixture()
  const prefixed = Object.fromEntries(Object.entries(labels).map(([k, v]) => [prefix + k, v]))
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels: prefixed } }
  const made = await api.ask('POST /api/v1/namespaces', { body })
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await api.ask('POST /api/v1/namespaces/a/serviceaccounts', { body: account })
  const post = (one: object) => api.ask('POST /api/v1/namespaces/a/pods', { body: one })
  return { ...api, made, post, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

test('a namespace without labels takes every Pod', async () => {
  await using api = await fixture({})
  const { status, warnings } = await api.post(pod('x', { hostNetwork: true }, { privileged: true }))
  assert.equal(status, 201)
  assert.deepEqual(warnings, [])
})

test('baseline refuses what leaves the container, and says all of it', async () => {
  await using api = await fixture({ enforce: 'baseline' })
  assert.equal((await api.post(pod('good'))).status, 201)
  const spec = { hostPID: true, volumes: [{ name: 'host', hostPath: { path: '/' } }] }
  const bad = await api.post(pod('bad', spec, { privileged: true }))
  assert.equal(bad.status, 403)
  assert.equal(
    bad.json.message,
    'pods "bad" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true), ' +
      'hostPath volumes (volume "host"), privileged (container "main" must not set securityContext.privileged=true)',
  )
})

test('restricted refuses a plain Pod in the words of upstream, and takes a hardened one', async () => {
  await using api = await fixture({ enforce: 'restricted', 'enforce-version': 'v1.30' })
  const { json } = await api.post(pod('plain'))
  assert.equal(
    json.message,
    'pods "plain" is forbidden: violates PodSecurity "restricted:v1.30": allowPrivilegeEscalation != false ' +
      '(container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities ' +
      '(container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true ' +
      '(pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile ' +
      '(pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  )
  assert.equal((await api.post(pod('hard', {}, hardened))).status, 201)
})

test('workloads are warned of, never refused; a level to enforce is one to warn about', async () => {
  await using api = await fixture({ enforce: 'baseline' })
  const template = { metadata: { labels: { a: 'b' } }, spec: pod('x', { hostIPC: true }).spec }
  const answer = await api.ask('POST /apis/apps/v1/namespaces/a/deployments', {
    body: {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    },
  })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.warnings, [
    'would violate PodSecurity "baseline:latest": host namespaces (hostIPC=true)',
  ])
})

test('labels that are wrong are refused', async () => {
  await using api = await fixture({ enforce: 'strict', 'warn-version': '1.30' })
  assert.equal(api.made.status, 422)
  assert.deepEqual(
    api.made.json.details.causes.map(({ field, message }: Record<string, string>) => [
      field,
      message,
    ]),
    [
      [
        `metadata.labels[${prefix}enforce]`,
        'Invalid value: "strict": must be one of privileged, baseline, restricted',
      ],
      [
        `metadata.labels[${prefix}warn-version]`,
        'Invalid value: "1.30": must be "latest" or "v1.x"',
      ],
    ],
  )
})

test('a stricter label warns of the Pods that are there', async () => {
  await using api = await fixture({})
  for (const name of ['b', 'a']) await api.post(pod(name, { hostNetwork: true }))
  await api.post(pod('c', {}, { privileged: true }))
  const body = [
    { op: 'add', path: '/metadata/labels/pod-security.kubernetes.io~1enforce', value: 'baseline' },
  ]
  const headers = { 'content-type': 'application/json-patch+json' }
  const { status, warnings } = await api.ask('PATCH /api/v1/namespaces/a', { body, headers })
  assert.equal(status, 200)
  assert.deepEqual(warnings, [
    'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
    'c: privileged',
  ])
})

test('the checks of a version are those it had', () => {
  const found = (version: string, spec: object) =>
    detailsOf(violations({ level: 'restricted', version }, { metadata: {}, spec }))
  const root = {
    os: { name: 'linux' },
    containers: [{ name: 'a', securityContext: { ...hardened, runAsUser: 0 } }],
  }
  assert.equal(found('v1.22', root), '')
  assert.equal(found('v1.23', root), 'runAsUser=0 (container "a" must not set runAsUser=0)')
  assert.equal(found('v1.35', { ...root, hostUsers: false }), '')
  const windows = { os: { name: 'windows' }, containers: [{ name: 'a' }] }
  assert.equal(
    found('v1.99', windows),
    'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
  )
  const probe = { httpGet: { host: '10.0.0.1', port: 80 } }
  const probing = { containers: [{ name: 'a', securityContext: hardened, livenessProbe: probe }] }
  assert.equal(
    found('latest', probing),
    'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
  )
  const sysctls = [{ name: 'net.ipv4.tcp_rmem', value: '1' }]
  const tuned = { ...root, securityContext: { sysctls }, hostUsers: false }
  assert.equal(found('v1.35', tuned), '')
  assert.match(found('v1.31', tuned), /^forbidden sysctls \(net\.ipv4\.tcp_rmem\)/)
})
