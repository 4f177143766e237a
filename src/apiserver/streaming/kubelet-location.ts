// Where a Pod's kubelet is, and the path that asks it for a container's log or a stream.

import { StatusError } from '../../api/status-error.ts'
import type { Node, Pod } from '../../api/types.gen.ts'
import { isTrue } from '../request-info.ts'
import type { Backend, TlsIdentity } from './backend.ts'

/** Which of a node's addresses to take, as kubeadm sets an API server up. */
const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname']

export function kubeletOf({ metadata, status }: Node, identity: TlsIdentity | undefined): Backend {
  const addresses = status?.addresses ?? []
  const host = addressTypes
    .map((type) => addresses.find((address) => address.type === type)?.address)
    .find((address) => address !== undefined)
  if (!host)
    throw new StatusError(
      'InternalError',
      `Internal error occurred: no preferred addresses found for node ${metadata.name}`,
    )
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250
  return { scheme: 'https', host, port, ...(identity && { identity }) }
}

/** The container asked for, or the only one; throws BadRequest in upstream's words. */
export function containerOf({ metadata, spec }: Pod, asked: string): string {
  const [first, ...more] = spec.containers
  if (!asked && first && more.length === 0) return first.name
  const all = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ]
  const names = all.map(({ name }) => name)
  if (!asked)
    throw new StatusError(
      'BadRequest',
      `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]`,
    )
  if (!names.includes(asked))
    throw new StatusError('BadRequest', `container ${asked} is not valid for pod ${metadata.name}`)
  return asked
}

export type StreamKind = 'exec' | 'attach' | 'portforward'

/** The kubelet's own names for the parameters of exec and attach. */
const streamParameters = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }

export function streamPath(kind: StreamKind, pod: Pod, query: URLSearchParams): string {
  const { namespace, name } = pod.metadata
  const parameters = new URLSearchParams()
  if (kind === 'portforward') {
    const ports = query.getAll('ports')
    if (ports.length > 0) parameters.set('port', ports.join(','))
    return withQuery(`/portForward/${namespace}/${name}`, parameters)
  }
  const container = containerOf(pod, query.get('container') ?? '')
  for (const [asked, passed] of Object.entries(streamParameters))
    if (isOn(query.get(asked), asked)) parameters.set(passed, '1')
  for (const word of kind === 'exec' ? query.getAll('command') : [])
    parameters.append('command', word)
  return withQuery(`/${kind}/${namespace}/${name}/${container}`, parameters)
}

/** Output is wanted unless refused, input and a terminal only when asked for. */
function isOn(value: string | null, parameter: string): boolean {
  if (value === null) return parameter === 'stdout' || parameter === 'stderr'
  return isTrue(value)
}

const logFlags = ['follow', 'previous', 'timestamps']
const logNumbers: Readonly<Record<string, number>> = {
  sinceSeconds: 1,
  tailLines: 0,
  limitBytes: 1,
}

export function logPath(pod: Pod, query: URLSearchParams): string {
  const { namespace, name } = pod.metadata
  const container = containerOf(pod, query.get('container') ?? '')
  const parameters = new URLSearchParams()
  for (const flag of logFlags)
    if (query.has(flag) && isOn(query.get(flag), flag)) parameters.set(flag, 'true')
  for (const [field, least] of Object.entries(logNumbers)) {
    const value = query.get(field)
    if (value !== null) parameters.set(field, checkedNumber(name, field, { value, least }))
  }
  const sinceTime = query.get('sinceTime')
  if (sinceTime && query.has('sinceSeconds'))
    throw invalid(
      name,
      '',
      'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    )
  if (sinceTime) parameters.set('sinceTime', sinceTime)
  parameters.set('stream', query.get('stream') ?? 'All')
  return withQuery(`/containerLogs/${namespace}/${name}/${container}`, parameters)
}

function checkedNumber(
  pod: string,
  field: string,
  { value, least }: { value: string; least: number },
): string {
  if (!/^-?\d+$/.test(value))
    throw new StatusError(
      'BadRequest',
      `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
    )
  if (Number(value) < least)
    throw invalid(
      pod,
      field,
      `Invalid value: ${value}: must be greater than ${least === 0 ? 'or equal to ' : ''}0`,
    )
  return value
}

function invalid(pod: string, field: string, message: string): StatusError {
  const where = field ? `${field}: ` : ''
  return new StatusError(
    'Invalid',
    `PodLogOptions ${JSON.stringify(pod)} is invalid: ${where}${message}`,
    { name: pod, kind: 'PodLogOptions', causes: [{ reason: 'FieldValueInvalid', message, field }] },
  )
}

function withQuery(path: string, parameters: URLSearchParams): string {
  const query = parameters.toString()
  return query ? `${path}?${query}` : path
}
