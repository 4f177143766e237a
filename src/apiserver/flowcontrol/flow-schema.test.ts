import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowSchema } from '../../api/types.gen.ts'
import { flowControlObjects } from '../bootstrap/flow-control.ts'
import type { UserInfo } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import { compareSchemas, compileSchema } from './flow-schema.ts'

const infoOf = (asked: string) => {
  const [method = '', uri = ''] = asked.split(' ')
  const [path = '', query = ''] = uri.split('?')
  return parseRequestInfo(method, path, new URLSearchParams(query))
}
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups })

const schemas = flowControlObjects()
  .filter(({ kind }) => kind === 'FlowSchema')
  .map((object) => compileSchema(object as unknown as FlowSchema))
  .toSorted(compareSchemas)

function schemaOf(who: UserInfo, asked: string): string | undefined {
  return schemas.find((schema) => schema.matches(who, infoOf(asked)))?.name
}

test('requests of a fresh cluster belong where upstream puts them', () => {
  const authenticated = 'system:authenticated'
  const root = user('root', 'system:masters', authenticated)
  assert.equal(schemaOf(root, 'GET /api/v1/pods'), 'exempt')
  assert.equal(schemaOf(root, 'GET /metrics'), 'exempt')
  const nobody = user('system:anonymous', 'system:unauthenticated')
  assert.equal(schemaOf(nobody, 'GET /readyz'), 'probes')
  assert.equal(schemaOf(nobody, 'GET /readyz/ping'), 'probes')
  assert.equal(schemaOf(nobody, 'GET /readyzzz'), 'global-default')
  const node = user('system:node:a', 'system:nodes', authenticated)
  assert.equal(schemaOf(node, 'PATCH /api/v1/nodes/a/status'), 'system-node-high')
  assert.equal(schemaOf(node, 'GET /api/v1/pods'), 'system-nodes')
  const account = user(
    'system:serviceaccount:kube-system:dns',
    'system:serviceaccounts',
    authenticated,
  )
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/dns'
  assert.equal(schemaOf(account, `PUT ${lease}`), 'system-leader-election')
  assert.equal(schemaOf(account, `DELETE ${lease}`), 'kube-system-service-accounts')
  const other = user('system:serviceaccount:kube-systems:dns', 'system:serviceaccounts')
  assert.equal(schemaOf(other, 'GET /api/v1/pods'), 'service-accounts')
  assert.equal(schemaOf(user('ada', authenticated), 'GET /api/v1/pods'), 'global-default')
})

test('rules match by verb, group, resource with subresource, namespace and scope', () => {
  const schema = compileSchema({
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name: 'a' },
    spec: {
      priorityLevelConfiguration: { name: 'l' },
      distinguisherMethod: { type: 'ByNamespace' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'ada' } }],
          resourceRules: [
            { verbs: ['get'], apiGroups: [''], resources: ['pods/log'], namespaces: ['x'] },
            { verbs: ['list'], apiGroups: ['*'], resources: ['*'], clusterScope: true },
          ],
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/a/*', '/b'] }],
        },
      ],
    },
  })
  const isMatch = (asked: string, who = 'ada') => schema.matches(user(who), infoOf(asked))
  assert.equal(isMatch('GET /api/v1/namespaces/x/pods/web/log'), true)
  assert.equal(isMatch('GET /api/v1/namespaces/x/pods/web/log', 'bob'), false)
  assert.equal(isMatch('GET /api/v1/namespaces/y/pods/web/log'), false)
  assert.equal(isMatch('GET /api/v1/namespaces/x/pods/web'), false)
  assert.equal(isMatch('GET /api/v1/nodes'), true)
  assert.equal(isMatch('GET /api/v1/namespaces/x/pods'), false)
  assert.equal(isMatch('POST /a/b'), true)
  assert.equal(isMatch('GET /b/c'), true)
  assert.equal(isMatch('GET /bc'), false)
  assert.equal(schema.flowOf(user('ada'), infoOf('GET /api/v1/namespaces/x/pods')), 'x')
})
