// /openapi/v2 and /openapi/v3: documents made when they are first asked for and kept as bytes.

import { createHash } from 'node:crypto'
import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import { kubernetesVersion } from '../../api/kubernetes-version.ts'
import { allDefinitions } from '../../api/schema.ts'
import { StatusError } from '../../api/status-error.ts'
import { methodNotAllowed, notServed } from '../answer.ts'
import { headerOf, type RequestHandler } from '../chain-request.ts'
import type { LiveKinds } from '../discovery/discovery.ts'
import {
  bytesDocument,
  type Document,
  derived,
  jsonDocument,
  serveDocument,
} from '../discovery/document.ts'
import type { ServerAnswer, ServerRequest } from '../request.ts'
import { type CustomSchemas, customSources, noCustomSchemas } from './custom-schemas.ts'
import { encodeOpenApiV2 } from './gnostic.ts'
import { noRemoteSpecs, type RemoteSpecs, withRemoteSpecs } from './merge-remote.ts'
import type { OpenApiObject } from './schemas.ts'
import { openApiV2 } from './v2.ts'
import { convertToV3 } from './v2-to-v3.ts'
import { openApiV3 } from './v3.ts'

export interface OpenApi {
  readonly serve: RequestHandler
  paths(): readonly string[]
}

/** What clients ask for, and the same as a media type by the book, without the @. */
const v2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
const v2ProtobufAnswer = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const v3Root = '/openapi/v3'

export function createOpenApi(
  kinds: LiveKinds,
  custom: CustomSchemas = noCustomSchemas,
  remoteSpecs: () => RemoteSpecs = () => noRemoteSpecs,
): OpenApi {
  const ofKinds = derived(kinds, (current) => {
    const local = localDocuments(current, custom)
    return derived(remoteSpecs, (specs) => documentsOf(local, specs))
  })
  const documents = () => ofKinds()()
  return {
    paths: () => [
      '/openapi/v2',
      v3Root,
      ...documents()
        .v3.keys()
        .map((gv) => `${v3Root}/${gv}`),
    ],
    async serve(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
      const path = request.path.replace(/\/+$/, '')
      const { v2, v3, index } = documents()
      if (path === '/openapi/v2') return serveDocument(request, v2Form(request, v2))
      if (path === v3Root) return serveDocument(request, index())
      const found = v3.get(path.slice(v3Root.length + 1))
      if (!found) throw notServed()
      return serveHashed(request, found)
    },
  }
}

/** Of the kinds served here. */
interface LocalDocuments {
  v2(): OpenApiObject
  /** By group version with its root: api/v1, apis/apps/v1. */
  readonly v3: ReadonlyMap<string, Hashed>
}

interface Documents extends Pick<LocalDocuments, 'v3'> {
  readonly v2: { json(): Document; protobuf(): Document }
  index(): Document
}

interface Hashed {
  readonly path: string
  /** Known without making the document: a hash of all it is made of. */
  hash(): string
  document(): Document
}

function localDocuments(kinds: readonly KindEntry[], custom: CustomSchemas): LocalDocuments {
  const byVersion = Map.groupBy(
    kinds,
    (entry) => `${entry.group ? 'apis' : 'api'}/${apiVersionOf(entry)}`,
  )
  return {
    v2: once(() => openApiV2(kinds, custom)),
    v3: new Map(
      [...byVersion].map(
        ([path, members]) => [path, hashed(path, { members, all: kinds, custom })] as const,
      ),
    ),
  }
}

/** Other servers' documents in v3 stay there, the index leads to them; those in v2 are converted. */
function documentsOf(local: LocalDocuments, specs: RemoteSpecs): Documents {
  const v2 = once(() => (specs.v2.length > 0 ? withRemoteSpecs(local.v2(), specs.v2) : local.v2()))
  const remoteEntries = [...specs.v3].map(([path, url]) => [path, { serverRelativeURL: url }])
  const v3 = new Map([...local.v3, ...convertedDocuments(specs)])
  const entries = () => [...[...v3.values()].map(indexEntry), ...remoteEntries]
  return {
    v2: {
      json: once(() => jsonDocument(v2())),
      protobuf: once(() => bytesDocument(encodeOpenApiV2(v2()), v2ProtobufAnswer)),
    },
    v3,
    index: once(() => jsonDocument({ paths: Object.fromEntries(entries()) })),
  }
}

function convertedDocuments({ v2, v3 }: RemoteSpecs): readonly (readonly [string, Hashed])[] {
  return v2.flatMap(({ prefix, document: theirs }) => {
    const path = prefix.slice(1, -1)
    if (theirs === undefined || v3.has(path)) return []
    const document = once(() => jsonDocument(convertToV3(theirs, prefix)))
    return [[path, { path, document, hash: () => document().hash }] as const]
  })
}

interface Sources {
  readonly members: readonly KindEntry[]
  readonly all: readonly KindEntry[]
  readonly custom: CustomSchemas
}

function hashed(path: string, { members, all, custom }: Sources): Hashed {
  const document = once(() => jsonDocument(openApiV3(members, all, custom)))
  const sources = () =>
    [kubernetesVersion, schemaHash(), JSON.stringify(members), customSources(members, custom)].join(
      '\n',
    )
  return { path, document, hash: once(() => sha512(sources())) }
}

function indexEntry({ path, hash }: Hashed) {
  return [path, { serverRelativeURL: `${v3Root}/${path}?hash=${hash()}` }] as const
}

const schemaHash = once(() => sha512(JSON.stringify(allDefinitions)))

function sha512(value: string): string {
  return createHash('sha512').update(value).digest('hex').toUpperCase()
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function v2Form(request: ServerRequest, { json, protobuf }: Documents['v2']): Document {
  for (const range of (headerOf(request, 'accept') ?? '*/*').split(',')) {
    const [type = ''] = range.trim().split(';')
    if (type === v2Protobuf || type === v2ProtobufAnswer) return protobuf()
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return json()
  }
  throw new StatusError(
    'NotAcceptable',
    `only the following media types are accepted: application/json, ${v2Protobuf}`,
  )
}

/** A URL with the right hash may be kept for good, one with an old hash leads to the new one. */
function serveHashed(request: ServerRequest, { path, hash, document }: Hashed): ServerAnswer {
  const asked = request.query.get('hash')
  if (asked !== null && asked !== hash())
    return {
      status: 301,
      headers: { location: `${v3Root}/${path}?hash=${hash()}` },
      body: new Uint8Array(),
    }
  const etag = JSON.stringify(hash())
  const kept = {
    etag,
    vary: 'Accept',
    ...(asked !== null && { 'cache-control': 'public, immutable' }),
  }
  if (headerOf(request, 'if-none-match') === etag)
    return { status: 304, headers: kept, body: new Uint8Array() }
  const { bytes, type } = document()
  return { status: 200, headers: { ...kept, 'content-type': type }, body: bytes }
}
