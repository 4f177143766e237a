// What a request's path names. In: method, path, query. Out: RequestInfo, by the rules of
// upstream's RequestInfoFactory, which authorization, audit and limits all depend on.

import { type FieldTerm, parseFieldSelector } from '../api/selector/field.ts'
import { StatusError } from '../api/status-error.ts'
import type { RequestInfo, Verb } from './request.ts'

/** Segments after /namespaces/NAME that belong to the namespace itself. */
const namespaceSubresources = new Set(['status', 'finalize'])

const verbOfMethod: Readonly<Record<string, Verb>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Throws BadRequest for /api/v1/watch and the like, which name nothing. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams) {
  const decoded = decodePath(path)
  const parts = trimSlashes(decoded).split('/')
  const grouped = parts[0] === 'apis'
  const isResourceRequest = grouped ? parts.length > 3 : parts[0] === 'api' && parts.length > 2
  if (!isResourceRequest) return nonResource(method, decoded)
  const [group, version] = grouped ? [parts[1], parts[2]] : ['', parts[1]]
  const named = parts.slice(grouped ? 3 : 2)
  return resource(method, query, {
    path: decoded,
    group: group ?? '',
    version: version ?? '',
    named,
  })
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    verb: method.toLowerCase() as Verb,
    path,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    rest: [],
  }
}

interface Named {
  readonly path: string
  readonly group: string
  readonly version: string
  /** Segments after the version. */
  readonly named: readonly string[]
}

function resource(method: string, query: URLSearchParams, of: Named): RequestInfo {
  const prefix = of.named[0] === 'watch' || of.named[0] === 'proxy' ? of.named[0] : undefined
  if (prefix && of.named.length < 2)
    throw new StatusError(
      'BadRequest',
      `unable to determine kind and namespace from url, ${of.path}`,
    )
  const { namespace, parts } = splitNamespace(prefix ? of.named.slice(1) : of.named)
  const [resource = '', name = '', subresource = '', ...rest] = parts
  const verb = prefix ?? verbOfMethod[method] ?? (method.toLowerCase() as Verb)
  const found = name ? { verb, name } : withoutName(verb, query)
  return {
    isResourceRequest: true,
    path: of.path,
    group: of.group,
    version: of.version,
    namespace,
    resource,
    subresource: prefix === 'proxy' ? '' : subresource,
    rest: prefix === 'proxy' ? parts.slice(2) : rest,
    ...found,
  }
}

function splitNamespace(parts: readonly string[]) {
  if (parts[0] !== 'namespaces') return { namespace: '', parts }
  const inside = parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')
  return { namespace: parts[1] ?? '', parts: inside ? parts.slice(2) : parts }
}

type Selected = Pick<RequestInfo, 'verb' | 'name' | 'fieldSelector'>

/** A get without a name is a list or a watch, which may still name one object by field selector. */
function withoutName(verb: Verb, query: URLSearchParams): Selected {
  const selector = query.get('fieldSelector') ?? ''
  if (verb === 'delete') return { verb: 'deletecollection', name: '', ...selectedFields(selector) }
  if (verb !== 'get') return { verb, name: '' }
  return {
    verb: isTrue(query.get('watch')) ? 'watch' : 'list',
    name: nameOfFieldSelector(selector),
    ...selectedFields(selector),
  }
}

/** A selector that cannot be understood is the registry's to refuse. */
function selectedFields(text: string): { fieldSelector?: readonly FieldTerm[] } {
  if (!text) return {}
  try {
    return { fieldSelector: parseFieldSelector(text) }
  } catch {
    return {}
  }
}

/** Kubernetes' reading of a boolean query parameter: present and neither false nor 0. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

function nameOfFieldSelector(selector: string): string {
  if (!selector.includes('metadata.name')) return ''
  for (const term of selector.split(',')) {
    const name = /^\s*metadata\.name\s*==?\s*([^=!]*)$/.exec(term)?.[1]?.trim()
    if (name && name !== '.' && name !== '..' && !/[/%]/.test(name)) return name
  }
  return ''
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw new StatusError('BadRequest', `invalid URL escape in path ${JSON.stringify(path)}`)
  }
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '')
}
