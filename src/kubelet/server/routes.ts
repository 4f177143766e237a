// Table of the kubelet's plain requests: path -> answer. Streams are in upgrades.ts.

import type { Kubelet } from '../kubelet.ts'
import { readMachineUse } from '../node/machine.ts'
import { HttpError } from './http-error.ts'
import { logContainer, logOptions } from './log-options.ts'
import { type PodPath, podOf, runningContainer, statusOf } from './pods.ts'
import { readLog } from './read-log.ts'
import { cpuNanoSeconds, podUses, resourceMetrics, statsSummary } from './stats.ts'

export interface KubeletRequest {
  readonly method: string
  readonly query: URLSearchParams
  readonly path: PodPath
  readonly signal: AbortSignal
}

export interface KubeletAnswer {
  readonly type: 'application/json' | 'text/plain'
  readonly body: string | AsyncIterable<Uint8Array>
}

type Handler = (kubelet: Kubelet, request: KubeletRequest) => Promise<KubeletAnswer>

const json = (value: object): KubeletAnswer => ({
  type: 'application/json',
  body: JSON.stringify(value),
})
const text = (body: string): KubeletAnswer => ({ type: 'text/plain', body })

/** Segments in braces are parts of PodPath. */
const routes: readonly (readonly [pattern: string, handler: Handler])[] = [
  ['healthz', async () => text('ok')],
  ['healthz/{check}', async () => text('ok')],
  ['pods', async ({ workers }) => json(podList(workers.list()))],
  ['runningpods', async ({ workers }) => json(podList(workers.list().filter(isRunning)))],
  ['stats/summary', async (kubelet) => json(await statsSummary(kubelet))],
  ['metrics', async (kubelet) => text(nodeMetrics(kubelet))],
  ['metrics/resource', async (kubelet) => text(await resourceText(kubelet))],
  ['containerLogs/{namespace}/{pod}/{container}', containerLogs],
  ['run/{namespace}/{pod}/{container}', run],
  ['run/{namespace}/{pod}/{uid}/{container}', run],
]

export async function answer(
  kubelet: Kubelet,
  path: string,
  request: Omit<KubeletRequest, 'path'>,
): Promise<KubeletAnswer> {
  for (const [pattern, handler] of routes) {
    const found = matchPath(pattern, path)
    if (found) return handler(kubelet, { ...request, path: found })
  }
  throw new HttpError(404, '404 page not found\n')
}

/** Pure: the named segments of `path`, when it has the form of `pattern`. */
export function matchPath(pattern: string, path: string): PodPath | undefined {
  const wanted = pattern.split('/')
  const given = path.replace(/^\/|\/$/g, '').split('/')
  if (wanted.length !== given.length) return undefined
  const named: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const segment = decodeURIComponent(given[at] ?? '')
    if (part.startsWith('{')) named[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  const { namespace = '', pod = '', uid, container } = named
  return { namespace, pod, ...(uid && { uid }), ...(container && { container }) }
}

function podList(items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }
}

function isRunning({ status }: { readonly status?: { readonly phase?: string } }): boolean {
  return status?.phase === 'Running'
}

async function containerLogs(
  kubelet: Kubelet,
  { path, query, signal }: KubeletRequest,
): Promise<KubeletAnswer> {
  const { context } = kubelet
  const pod = podOf(kubelet, path)
  const status = statusOf(pod, path.container ?? '')
  const options = logOptions(query, context.clock.now().getTime())
  const found = logContainer(pod.metadata.name, status, options.previous)
  if (typeof found === 'string') throw new HttpError(400, found)
  const { logPath } = await context.runtime.containerStatus(found.id).catch(() => {
    throw new HttpError(400, `unable to retrieve container logs for ${status.containerID}`)
  })
  const isAlive = async () => {
    const now = await context.runtime.containerStatus(found.id).catch(() => undefined)
    return now?.state === 'RUNNING'
  }
  const source = { path: logPath, isRunning: isAlive }
  return { type: 'text/plain', body: readLog(source, options, signal) }
}

/** The command's output, when it has ended. */
async function run(kubelet: Kubelet, { path, query }: KubeletRequest): Promise<KubeletAnswer> {
  const { id } = await runningContainer(kubelet, path)
  const command = query.getAll('cmd').flatMap((words) => words.split(' '))
  const { stdout, stderr } = await kubelet.context.runtime.execSync(id, command, 0)
  return text(`${Buffer.from(stdout)}${Buffer.from(stderr)}`)
}

function nodeMetrics({ workers, node }: Kubelet): string {
  const pods = workers.list()
  const containers = pods.flatMap(({ status }) => status?.containerStatuses ?? [])
  const running = containers.filter(({ state }) => state?.running)
  return [
    '# TYPE kubelet_node_name gauge',
    `kubelet_node_name{node="${node}"} 1`,
    '# TYPE kubelet_running_pods gauge',
    `kubelet_running_pods ${pods.filter(isRunning).length}`,
    '# TYPE kubelet_running_containers gauge',
    `kubelet_running_containers{container_state="running"} ${running.length}`,
    `kubelet_running_containers{container_state="exited"} ${containers.length - running.length}`,
    '',
  ].join('\n')
}

async function resourceText(kubelet: Kubelet): Promise<string> {
  const { context } = kubelet
  const [uses, use, cpu] = await Promise.all([
    podUses(kubelet),
    readMachineUse(context.folder),
    cpuNanoSeconds(),
  ])
  const memoryBytes = context.memoryBytes - use.memoryAvailableBytes
  return resourceMetrics(uses, { cpuNanoSeconds: cpu, memoryBytes })
}
