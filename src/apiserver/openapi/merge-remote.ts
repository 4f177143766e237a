// OpenAPI v2 of other servers taken into this server's document: the paths of the group and version
// an APIService is for, and the definitions they need. Pure. Definitions of the same name that say
// something else get another name, as kube-openapi's aggregator gives them.

import { isDraft } from '../../api/draft.ts'
import type { OpenApiObject } from './schemas.ts'

export interface RemoteSpec {
  /** Only paths below it count: /apis/metrics.k8s.io/v1beta1/ */
  readonly prefix: string
  /** The whole document as the server gave it; checked as far as it is read. */
  readonly document: unknown
}

/** What OpenAPI documents take from other servers; another object once it changes. */
export interface RemoteSpecs {
  readonly v2: readonly RemoteSpec[]
  /** apis/GROUP/VERSION -> URL with a hash. */
  readonly v3: ReadonlyMap<string, string>
}

export const noRemoteSpecs: RemoteSpecs = { v2: [], v3: new Map() }

export function withRemoteSpecs(local: OpenApiObject, specs: readonly RemoteSpec[]): OpenApiObject {
  const paths = { ...fieldsOf(local['paths']) }
  const definitions = { ...fieldsOf(local['definitions']) }
  for (const { prefix, document } of specs) {
    const spec = fieldsOf(document)
    const added = Object.entries(fieldsOf(spec['paths'])).filter(
      ([path]) => path.startsWith(prefix) && !(path in paths),
    )
    const theirs = fieldsOf(spec['definitions'])
    const needed = reachable(added, theirs)
    const names = namesFor(needed, theirs, definitions)
    for (const [path, item] of added) paths[path] = renamed(item, names)
    for (const [from, to] of names) definitions[to] = renamed(theirs[from], names)
  }
  return { ...local, paths: sorted(paths), definitions: sorted(definitions) }
}

const reference = '#/definitions/'

/** The definitions that a value refers to, and those that these refer to. */
function reachable(value: unknown, definitions: Fields): ReadonlySet<string> {
  const found = new Set<string>()
  const pending = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const name of referencesOf(next)) {
      if (found.has(name) || !(name in definitions)) continue
      found.add(name)
      pending.push(definitions[name])
    }
  }
  return found
}

function referencesOf(value: unknown): readonly string[] {
  const text = JSON.stringify(value) ?? ''
  return [...text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(([, name = '']) => name)
}

/** Their names to ours: the same unless that is taken by another definition. */
function namesFor(
  needed: ReadonlySet<string>,
  theirs: Fields,
  ours: Fields,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const name of needed) {
    const text = JSON.stringify(theirs[name])
    let chosen = name
    for (let count = 2; chosen in ours && JSON.stringify(ours[chosen]) !== text; count++)
      chosen = `${name}_v${count}`
    names.set(name, chosen)
  }
  return names
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names))
  if (!isDraft(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name =
        key === '$ref' && typeof inner === 'string' && inner.startsWith(reference)
          ? names.get(inner.slice(reference.length))
          : undefined
      return [key, name === undefined ? renamed(inner, names) : `${reference}${name}`]
    }),
  )
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return isDraft(value) ? value : {}
}

function sorted(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
