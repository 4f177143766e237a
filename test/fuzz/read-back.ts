// Whatever was stored must be served in every form, watched, and written back as it is.

import { kubernetesProtobuf } from '../../src/apiserver/protobuf.ts'
import type { FuzzServer } from './fuzz-server.ts'
import type { Operation } from './operations.ts'

const forms: readonly string[] = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
]

/** Custom resources as a whole have no protobuf. */
const formsOf = (isCustom: boolean) =>
  forms.filter((form) => !isCustom || form !== 'application/vnd.kubernetes.protobuf')

/** What is wrong with the objects of a collection, in words. */
export async function readBackFaults(server: FuzzServer, collection: Operation) {
  const path = collection.path.replace('/namespaces/{namespace}', '')
  const isCustom = collection.group.includes('.example.com')
  const listed = await server.ask({ method: 'GET', path })
  // Its definition may have been deleted.
  if (isCustom && listed.status === 404) return []
  if (listed.status !== 200) return [`list of ${path}: ${listed.text} ${listed.failures}`]
  const { items } = JSON.parse(listed.text)
  const faults: string[] = []
  for (const accept of formsOf(isCustom)) {
    const list = await server.ask({ method: 'GET', path, headers: { accept } })
    if (list.status !== 200) faults.push(`${accept} of ${path}: ${list.text} ${list.failures}`)
  }
  faults.push(...(await watchFaults(server, path)))
  for (const item of items) faults.push(...(await itemFaults(server, path, { item, isCustom })))
  return faults
}

async function watchFaults(server: FuzzServer, path: string): Promise<string[]> {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
  const asked = `${path}?${query}&allowWatchBookmarks=true`
  const watched = await server.ask({ method: 'GET', path: asked, isWatch: true })
  const isWhole = watched.text.includes('initial-events-end') && !watched.text.includes('"ERROR"')
  return isWhole ? [] : [`watch of ${path}: ${watched.text.slice(0, 500)} ${watched.failures}`]
}

interface Read {
  readonly item: { readonly metadata: { readonly name: string; readonly namespace?: string } }
  readonly isCustom: boolean
}

async function itemFaults(
  server: FuzzServer,
  path: string,
  { item, isCustom }: Read,
): Promise<string[]> {
  const { name, namespace } = item.metadata
  const scope = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const [, root, plural] = /^(.*)\/([^/]+)$/.exec(path) ?? []
  const own = `${root}${scope}/${plural}/${encodeURIComponent(name)}`
  const faults: string[] = []
  for (const accept of formsOf(isCustom)) {
    const one = await server.ask({ method: 'GET', path: own, headers: { accept } })
    if (one.status !== 200) faults.push(`${accept} of ${own}: ${one.text} ${one.failures}`)
    else if (accept === 'application/vnd.kubernetes.protobuf') {
      const read = kubernetesProtobuf.read(one.bytes)
      if (JSON.stringify(read).length < name.length) faults.push(`${own}: nothing in protobuf`)
    }
  }
  return faults
}
