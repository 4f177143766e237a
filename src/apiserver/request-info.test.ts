import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRequestInfo } from './request-info.ts'

const rows: readonly (readonly [string, string, string])[] = [
  ['GET', '/', 'get / '],
  ['GET', '/api', 'get /api '],
  ['GET', '/apis/apps/v1', 'get /apis/apps/v1 '],
  ['POST', '/healthz', 'post /healthz '],
  ['GET', '/api/v1/namespaces', 'list v1 ns= namespaces'],
  ['GET', '/api/v1/namespaces/a', 'get v1 ns=a namespaces/a'],
  ['GET', '/api/v1/namespaces/a/pods', 'list v1 ns=a pods'],
  ['GET', '/api/v1/namespaces/a/pods?watch=true', 'watch v1 ns=a pods'],
  ['GET', '/api/v1/namespaces/a/pods?watch=0', 'list v1 ns=a pods'],
  ['GET', '/api/v1/watch/namespaces/a/pods', 'watch v1 ns=a pods'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dweb', 'list v1 ns= pods/web'],
  ['HEAD', '/api/v1/namespaces/a/pods/web', 'get v1 ns=a pods/web'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update v1 ns=a namespaces/a/finalize'],
  ['GET', '/api/v1/namespaces/a/pods/web/log', 'get v1 ns=a pods/web/log'],
  ['POST', '/api/v1/namespaces/a/pods/web/proxy/x/y', 'create v1 ns=a pods/web/proxy +x/y'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps/v1 ns=a deployments'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/web', 'patch apps/v1 ns=a deployments/web'],
  ['GET', '/apis/x.io/v1/things/a%3Ab', 'get x.io/v1 ns= things/a:b'],
]

for (const [method, url, expected] of rows) {
  test(`${method} ${url} is ${expected}`, () => {
    const { pathname, searchParams } = new URL(url, 'https://server')
    const info = parseRequestInfo(method, pathname, searchParams)
    const version = [info.group, info.version].filter(Boolean).join('/')
    const named = [info.resource, info.name, info.subresource].filter(Boolean).join('/')
    const rest = info.rest.length > 0 ? ` +${info.rest.join('/')}` : ''
    assert.equal(
      info.isResourceRequest
        ? `${info.verb} ${version} ns=${info.namespace} ${named}${rest}`
        : `${info.verb} ${info.path} `,
      expected,
    )
  })
}

test('a watch path that names nothing is a bad request', () => {
  assert.throws(() => parseRequestInfo('GET', '/api/v1/watch', new URLSearchParams()), {
    reason: 'BadRequest',
  })
})
