import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserInfo } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import { AuditPolicyError, parseAuditPolicy } from './policy.ts'

const policy = (...rules: string[]) =>
  parseAuditPolicy(
    ['apiVersion: audit.k8s.io/v1', 'kind: Policy', 'rules:', ...rules.map((r) => `- ${r}`)].join(
      '\n',
    ),
  )

const ada: UserInfo = { name: 'ada', groups: ['dev'] }

function levelOf(rules: readonly string[], asked: string, user: UserInfo | 'nobody' = ada) {
  const [method = '', uri = ''] = asked.split(' ')
  const [path = '', query = ''] = uri.split('?')
  const info = parseRequestInfo(method, path, new URLSearchParams(query))
  return policy(...rules)(user === 'nobody' ? undefined : user, info).level
}

test('the first rule that matches counts, and without one nothing is kept', () => {
  const rules = ['{level: None, users: [ada]}', '{level: Metadata, userGroups: [dev]}']
  assert.equal(levelOf(rules, 'GET /api/v1/pods'), 'None')
  assert.equal(levelOf(rules, 'GET /api/v1/pods', { name: 'bob', groups: ['dev'] }), 'Metadata')
  assert.equal(levelOf(rules, 'GET /api/v1/pods', { name: 'eve', groups: [] }), 'None')
  assert.equal(levelOf(['{level: Metadata, users: [ada]}'], 'GET /version', 'nobody'), 'None')
})

test('rules match by verb, group, resource, subresource, name and namespace', () => {
  const pods = ['{level: Request, resources: [{group: "", resources: [pods]}]}']
  assert.equal(levelOf(pods, 'GET /api/v1/namespaces/a/pods/web'), 'Request')
  assert.equal(levelOf(pods, 'GET /api/v1/namespaces/a/pods/web/log'), 'None')
  assert.equal(levelOf(pods, 'GET /apis/metrics.k8s.io/v1beta1/pods'), 'None')
  assert.equal(levelOf(pods, 'GET /api'), 'None')
  const below = ['{level: Request, resources: [{resources: ["pods/*", "*/scale"]}]}']
  assert.equal(levelOf(below, 'GET /api/v1/namespaces/a/pods/web/log'), 'Request')
  assert.equal(levelOf(below, 'GET /api/v1/namespaces/a/replicationcontrollers/b/scale'), 'Request')
  assert.equal(levelOf(below, 'GET /api/v1/namespaces/a/services/b/status'), 'None')
  const named = [
    '{level: Request, verbs: [get], namespaces: [a], resources: [{resources: ["*"], resourceNames: [web]}]}',
  ]
  assert.equal(levelOf(named, 'GET /api/v1/namespaces/a/pods/web'), 'Request')
  assert.equal(levelOf(named, 'DELETE /api/v1/namespaces/a/pods/web'), 'None')
  assert.equal(levelOf(named, 'GET /api/v1/namespaces/b/pods/web'), 'None')
  assert.equal(levelOf(named, 'GET /api/v1/namespaces/a/pods/api'), 'None')
  const unscoped = ['{level: Request, namespaces: [""]}']
  assert.equal(levelOf(unscoped, 'GET /api/v1/nodes/a'), 'Request')
  assert.equal(levelOf(unscoped, 'GET /api/v1/namespaces/b/pods'), 'None')
})

test('rules match other paths, whole or by their beginning', () => {
  const urls = ['{level: Metadata, nonResourceURLs: ["/api*", /version]}']
  assert.equal(levelOf(urls, 'GET /apis/apps'), 'Metadata')
  assert.equal(levelOf(urls, 'GET /version'), 'Metadata')
  assert.equal(levelOf(urls, 'GET /healthz'), 'None')
  assert.equal(levelOf(urls, 'GET /api/v1/pods'), 'None')
})

test('stages and managed fields are left out where the policy or the rule says so', () => {
  const read = parseAuditPolicy(`
    apiVersion: audit.k8s.io/v1
    kind: Policy
    omitStages: [RequestReceived]
    omitManagedFields: true
    rules:
    - {level: Request, verbs: [get], omitStages: [Panic], omitManagedFields: false}
    - {level: Metadata}`)
  const get = read(ada, parseRequestInfo('GET', '/version', new URLSearchParams()))
  assert.deepEqual([...get.omitStages], ['RequestReceived', 'Panic'])
  assert.equal(get.omitManagedFields, false)
  const post = read(ada, parseRequestInfo('POST', '/version', new URLSearchParams()))
  assert.deepEqual([...post.omitStages], ['RequestReceived'])
  assert.equal(post.omitManagedFields, true)
})

test('a policy that says nothing good is refused with all that is wrong', () => {
  const refusal = (text: string) => {
    try {
      parseAuditPolicy(text)
    } catch (error) {
      if (error instanceof AuditPolicyError) return error.message
    }
    return undefined
  }
  const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
  assert.equal(refusal(`${head}rules: []`), 'loaded illegal policy with 0 rules')
  assert.equal(
    refusal('apiVersion: v1\nkind: Pod'),
    'unknown group version field v1, Kind=Pod in policy',
  )
  assert.match(refusal('{') ?? '', /^failed decoding: yaml: /)
  assert.equal(
    refusal(`${head}rules: [{}, {level: All, nonResourceURLs: [x], namespaces: [a]}]`),
    [
      'rules[0].level: Required value',
      'rules[1].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
      `rules[1].nonResourceURLs[0]: Invalid value: "x": non-resource URL rules must begin with a '/' character`,
      'rules[1].nonResourceURLs: Invalid value: ["x"]: rules cannot apply to both regular resources and non-resource URLs',
    ].join(', '),
  )
  assert.equal(
    refusal(
      `${head}rules: [{level: None, omitStages: [End], resources: [{resourceNames: [a]}], nonResourceURLs: ["/a*b"]}]`,
    ),
    [
      `rules[0].nonResourceURLs[0]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule`,
      'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
      'rules[0].omitStages[0]: Invalid value: "End": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
      'rules[0].nonResourceURLs: Invalid value: ["/a*b"]: rules cannot apply to both regular resources and non-resource URLs',
    ].join(', '),
  )
})
