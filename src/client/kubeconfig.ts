// Kubeconfig files: read one context, add or remove one without disturbing the rest.
// Pure functions over text; kubeconfig-file.ts does the reading and writing.

import { type Document, isMap, isSeq, parse, parseDocument, type YAMLSeq } from 'yaml'

/** What is needed to reach a cluster as somebody; certificates and keys as PEM. */
export interface KubeContext {
  readonly name: string
  readonly server: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly namespace?: string
  readonly insecureSkipTlsVerify?: boolean
}

interface Cluster {
  readonly server?: string
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
}
interface User {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
}
interface Context {
  readonly cluster?: string
  readonly user?: string
  readonly namespace?: string
}
interface Kubeconfig {
  readonly 'current-context'?: string
  readonly clusters?: readonly { readonly name: string; readonly cluster?: Cluster }[] | null
  readonly users?: readonly { readonly name: string; readonly user?: User }[] | null
  readonly contexts?: readonly { readonly name: string; readonly context?: Context }[] | null
}

/**
 * The named context, or the current one. Throws an Error that says what is missing.
 * `readFile` is asked for the files that the kubeconfig points to.
 */
export function readContext(
  text: string,
  readFile: (path: string) => string,
  wantedName?: string,
): KubeContext {
  const config = (parse(text) ?? {}) as Kubeconfig
  const name = wantedName ?? config['current-context'] ?? ''
  const context = config.contexts?.find((entry) => entry.name === name)?.context
  if (!context) throw new Error(`the kubeconfig has no context "${name}"`)
  const cluster = config.clusters?.find((entry) => entry.name === context.cluster)?.cluster
  if (!cluster?.server) throw new Error(`context "${name}" leads to no cluster with a server`)
  const user = config.users?.find((entry) => entry.name === context.user)?.user ?? {}
  const pem = (data: string | undefined, path: string | undefined) =>
    data ? Buffer.from(data, 'base64').toString() : path ? readFile(path) : undefined
  return withoutAbsent({
    name,
    server: cluster.server,
    ca: pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: pem(user['client-certificate-data'], user['client-certificate']),
    key: pem(user['client-key-data'], user['client-key']),
    token: user.token,
    tokenFile: user.tokenFile,
    namespace: context.namespace,
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] || undefined,
  })
}

export function currentContext(text: string): string | undefined {
  return ((parse(text) ?? {}) as Kubeconfig)['current-context'] || undefined
}

/** The text with the context, its cluster and its user (all called context.name) in it. */
export function mergeContext(
  text: string,
  context: KubeContext,
  { makeCurrent = true }: { readonly makeCurrent?: boolean } = {},
): string {
  const document = open(text)
  const { name, namespace } = context
  put(document, 'clusters', { name, cluster: clusterOf(context) })
  put(document, 'users', { name, user: userOf(context) })
  put(document, 'contexts', {
    name,
    context: { cluster: name, user: name, ...(namespace && { namespace }) },
  })
  if (makeCurrent || !document.get('current-context')) document.set('current-context', name)
  return document.toString({ lineWidth: 0 })
}

/** The text without what mergeContext put there; no context is current if that one was. */
export function removeContext(text: string, name: string): string {
  const document = open(text)
  for (const list of ['clusters', 'users', 'contexts']) {
    const entries = entriesOf(document, list)
    entries.items = entries.items.filter((entry) => nameOf(entry) !== name)
  }
  if (document.get('current-context') === name) document.set('current-context', '')
  return document.toString({ lineWidth: 0 })
}

function clusterOf({ server, ca, insecureSkipTlsVerify }: KubeContext): Cluster {
  return {
    ...(ca && { 'certificate-authority-data': base64(ca) }),
    ...(insecureSkipTlsVerify && { 'insecure-skip-tls-verify': true }),
    server,
  }
}

function userOf({ cert, key, token, tokenFile }: KubeContext): User {
  return {
    ...(cert && { 'client-certificate-data': base64(cert) }),
    ...(key && { 'client-key-data': base64(key) }),
    ...(token && { token }),
    ...(tokenFile && { tokenFile }),
  }
}

function open(text: string): Document {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw new Error(`the kubeconfig is not valid YAML: ${error.message}`)
  if (document.contents === null) {
    document.contents = document.createNode({
      apiVersion: 'v1',
      kind: 'Config',
      preferences: {},
    }) as never
  }
  if (!isMap(document.contents)) throw new Error('the kubeconfig is not a mapping')
  return document
}

function entriesOf(document: Document, list: string): YAMLSeq {
  const found = document.get(list)
  if (isSeq(found)) return found
  const made = document.createNode([]) as YAMLSeq
  document.set(list, made)
  return made
}

function put(document: Document, list: string, entry: NamedEntry): void {
  const entries = entriesOf(document, list)
  // An empty list is often written as [], which would put all that follows on one line.
  entries.flow = false
  const node = document.createNode(entry)
  const at = entries.items.findIndex((item) => nameOf(item) === entry.name)
  if (at < 0) entries.items.push(node)
  else entries.items[at] = node
}

type NamedEntry = { readonly name: string } & Readonly<Record<string, unknown>>

const nameOf = (entry: unknown) => (isMap(entry) ? entry.get('name') : undefined)
const base64 = (text: string) => Buffer.from(text).toString('base64')

function withoutAbsent<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as unknown as T
}
