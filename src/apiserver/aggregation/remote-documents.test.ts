import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '../../api/kinds.ts'
import { jsonAnswer } from '../answer.ts'
import { streamOf } from '../body.ts'
import { requestOf } from '../in-process.ts'
import { noCustomSchemas } from '../openapi/custom-schemas.ts'
import { createOpenApi } from '../openapi/openapi.ts'
import type { RemoteService } from './api-service.ts'
import { createRemoteDocuments } from './remote-documents.ts'

const remote: RemoteService = {
  name: 'v1.wardle.example.com',
  group: 'wardle.example.com',
  version: 'v1',
  service: { namespace: 'wardle', name: 'api', port: 443 },
  ca: undefined,
  isVerified: true,
  isAvailable: true,
}

const verbs = ['get', 'list']
const legacy = {
  kind: 'APIResourceList',
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs },
    { name: 'flunders/scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get'] },
    { name: 'fischers', namespaced: false, kind: 'Fischer', verbs, shortNames: ['fi'] },
  ],
}

/** A server that answers these paths, and what it was asked. */
function documentsOf(paths: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const documents = createRemoteDocuments(async (_, { path, headers }) => {
    asked.push(`${path} ${headers['if-none-match'] ?? ''}`.trim())
    const value = paths[path]
    if (value === undefined) return jsonAnswer(404, { kind: 'Status' })
    if (headers['if-none-match'] === '"1"')
      return { status: 304, headers: {}, body: new Uint8Array() }
    const answer = jsonAnswer(200, value)
    return { ...answer, headers: { ...answer.headers, etag: '"1"' } }
  })
  return { documents, asked }
}

test('a server without aggregated discovery is understood by its older documents', async () => {
  const groups = { kind: 'APIGroupList', groups: [] }
  const { documents } = documentsOf({ '/apis': groups, '/apis/wardle.example.com/v1': legacy })
  const { group, version } = remote
  assert.deepEqual(await documents.resources(remote), [
    {
      resource: 'flunders',
      responseKind: { group, version, kind: 'Flunder' },
      scope: 'Namespaced',
      singularResource: 'flunder',
      verbs,
      subresources: [
        {
          subresource: 'scale',
          responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get'],
        },
      ],
    },
    {
      resource: 'fischers',
      responseKind: { group, version, kind: 'Fischer' },
      scope: 'Cluster',
      singularResource: '',
      verbs,
      shortNames: ['fi'],
    },
  ])
})

test('a document is asked for by its ETag, and the same one is given out again', async () => {
  const { documents, asked } = documentsOf({ '/openapi/v2': { swagger: '2.0' } })
  const first = await documents.openApiV2(remote)
  assert.equal(await documents.openApiV2(remote), first)
  documents.forget(remote.name)
  await documents.openApiV2(remote)
  assert.deepEqual(asked, ['/openapi/v2', '/openapi/v2 "1"', '/openapi/v2'])
})

test('a server without OpenAPI has none, and what is no discovery is none', async () => {
  const { documents } = documentsOf({ '/apis/wardle.example.com/v1': { resources: 'none' } })
  assert.equal(await documents.openApiV3Url(remote), undefined)
  assert.equal(await documents.openApiV2(remote), undefined)
  assert.deepEqual(await documents.resources(remote), [])
  const silent = createRemoteDocuments(async () => jsonAnswer(503, {}))
  await assert.rejects(silent.resources(remote), /503/)
})

test('OpenAPI v3 of a server with v2 alone is made here', async () => {
  const prefix = '/apis/wardle.example.com/v1/'
  const document = { info: { title: 'wardle' }, paths: { [`${prefix}flunders`]: {} } }
  const specs = { v2: [{ prefix, document }], v3: new Map() }
  const openApi = createOpenApi(
    () => kinds,
    noCustomSchemas,
    () => specs,
  )
  const ask = async (path: string) => {
    const answer = await openApi.serve(
      requestOf({ method: 'GET', path }, { name: 'x', groups: [] }),
    )
    assert.ok('body' in answer)
    const chunks: Uint8Array[] = []
    for await (const chunk of streamOf(answer.body)) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString())
  }
  const path = prefix.slice(1, -1)
  const { serverRelativeURL } = (await ask('/openapi/v3')).paths[path]
  assert.match(serverRelativeURL, /^\/openapi\/v3\/apis\/wardle.example.com\/v1\?hash=[0-9A-F]+$/)
  const converted = await ask(serverRelativeURL)
  assert.equal(converted.openapi, '3.0.0')
  assert.deepEqual(Object.keys(converted.paths), [`${prefix}flunders`])
})
