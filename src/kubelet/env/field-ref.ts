// What the downward API says of a Pod: fieldRef and resourceFieldRef, for variables and volumes.
// Pure; undefined means there is no such field.

import type { Container, Pod, ResourceFieldSelector } from '../../api/types.gen.ts'
import { dividedBy } from '../amounts.ts'

export interface FieldContext {
  readonly pod: Pod
  readonly podIps: readonly string[]
  readonly hostIps: readonly string[]
  /** What a container without limits may use: the node's. */
  readonly allocatable: Readonly<Record<string, string>>
}

export function fieldValue(path: string, context: FieldContext): string | undefined {
  const { pod, podIps, hostIps } = context
  const { metadata, spec } = pod
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (keyed) {
    const map = keyed[1] === 'labels' ? metadata.labels : metadata.annotations
    return map?.[keyed[2] ?? ''] ?? ''
  }
  const values: Readonly<Record<string, () => string | undefined>> = {
    'metadata.name': () => metadata.name,
    'metadata.namespace': () => metadata.namespace,
    'metadata.uid': () => metadata.uid,
    'metadata.labels': () => mapText(metadata.labels),
    'metadata.annotations': () => mapText(metadata.annotations),
    'spec.nodeName': () => spec.nodeName,
    'spec.serviceAccountName': () => spec.serviceAccountName,
    'status.hostIP': () => hostIps[0],
    'status.hostIPs': () => hostIps.join(','),
    'status.podIP': () => podIps[0],
    'status.podIPs': () => podIps.join(','),
  }
  const read = values[path]
  return read ? (read() ?? '') : undefined
}

/** key="value" a line, sorted, quoted as Go quotes. */
function mapText(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join('\n')
}

export function resourceValue(
  { resource, divisor }: ResourceFieldSelector,
  container: Container,
  { allocatable }: FieldContext,
): string | undefined {
  const [list, name = ''] = splitOnce(resource)
  const { limits = {}, requests = {} } = container.resources ?? {}
  const own = list === 'limits' ? (limits[name] ?? allocatable[name]) : requests[name]
  if (list !== 'limits' && list !== 'requests') return undefined
  const quantity = own ?? (list === 'requests' ? limits[name] : undefined) ?? '0'
  return `${dividedBy(quantity, divisor)}`
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf('.')
  return [text.slice(0, at), text.slice(at + 1)]
}
