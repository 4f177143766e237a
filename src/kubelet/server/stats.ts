// What Pods and the node use: /stats/summary and /metrics/resource. In: Pods, the runtime's
// figures. Out: upstream's Summary object, and Prometheus text.

import { readFile, statfs } from 'node:fs/promises'
import type { Pod } from '../../api/types.gen.ts'
import type { ContainerStats } from '../../cri/cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { readMachineUse } from '../node/machine.ts'

export interface PodUse {
  readonly pod: Pod
  readonly containers: readonly { readonly name: string; readonly stats: ContainerStats }[]
}

export async function podUses({ workers, context }: Kubelet): Promise<readonly PodUse[]> {
  return Promise.all(
    workers.list().map(async (pod) => {
      const statuses = pod.status?.containerStatuses ?? []
      const running = statuses.filter(({ state }) => state?.running)
      const containers = await Promise.all(
        running.map(async ({ name, containerID = '' }) => {
          const id = containerID.split('://')[1] ?? ''
          const stats = await context.runtime.stats(id).catch(() => undefined)
          return stats ? [{ name, stats }] : []
        }),
      )
      return { pod, containers: containers.flat() }
    }),
  )
}

/** Pure. Times of the figures are the runtime's. */
export function podStats({ pod, containers }: PodUse): object {
  const { name, namespace = '', uid = '' } = pod.metadata
  const sum = (of: (stats: ContainerStats) => number) =>
    containers.reduce((total, { stats }) => total + of(stats), 0)
  const time = timeOf(Math.max(0, ...containers.map(({ stats }) => stats.timestampMs)))
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime,
    containers: containers.map(({ name, stats }) => ({
      name,
      startTime: pod.status?.containerStatuses?.find((it) => it.name === name)?.state?.running
        ?.startedAt,
      cpu: { time, usageCoreNanoSeconds: stats.cpuUsageCoreNanoSeconds },
      memory: {
        time,
        usageBytes: stats.memoryUsageBytes,
        workingSetBytes: stats.memoryWorkingSetBytes,
      },
      rootfs: { time, usedBytes: stats.rootfsUsedBytes },
    })),
    cpu: { time, usageCoreNanoSeconds: sum((stats) => stats.cpuUsageCoreNanoSeconds) },
    memory: {
      time,
      usageBytes: sum((stats) => stats.memoryUsageBytes),
      workingSetBytes: sum((stats) => stats.memoryWorkingSetBytes),
    },
  }
}

export async function statsSummary(kubelet: Kubelet): Promise<object> {
  const { context, node } = kubelet
  const [uses, use, disk, cpu] = await Promise.all([
    podUses(kubelet),
    readMachineUse(context.folder),
    statfs(context.folder),
    cpuNanoSeconds(),
  ])
  const time = timeOf(context.clock.now().getTime())
  const { memoryBytes } = context
  const used = Math.max(0, memoryBytes - use.memoryAvailableBytes)
  return {
    node: {
      nodeName: node,
      cpu: { time, usageCoreNanoSeconds: cpu },
      memory: {
        time,
        availableBytes: use.memoryAvailableBytes,
        usageBytes: used,
        workingSetBytes: used,
      },
      fs: {
        time,
        availableBytes: use.diskAvailableBytes,
        capacityBytes: disk.blocks * disk.bsize,
        usedBytes: (disk.blocks - disk.bfree) * disk.bsize,
      },
    },
    pods: uses.map(podStats),
  }
}

/** /metrics/resource, which metrics-server reads. Pure but for the figures handed in. */
export function resourceMetrics(
  uses: readonly PodUse[],
  node: { readonly cpuNanoSeconds: number; readonly memoryBytes: number },
): string {
  const lines = ['# TYPE container_cpu_usage_seconds_total counter']
  const each = (metric: string, of: (stats: ContainerStats) => number) =>
    uses.flatMap(({ pod, containers }) =>
      containers.map(({ name, stats }) => {
        const labels = `container="${name}",namespace="${pod.metadata.namespace}",pod="${pod.metadata.name}"`
        return `${metric}{${labels}} ${of(stats)} ${stats.timestampMs}`
      }),
    )
  return [
    ...lines,
    ...each('container_cpu_usage_seconds_total', (it) => it.cpuUsageCoreNanoSeconds / 1e9),
    '# TYPE container_memory_working_set_bytes gauge',
    ...each('container_memory_working_set_bytes', (it) => it.memoryWorkingSetBytes),
    '# TYPE node_cpu_usage_seconds_total counter',
    `node_cpu_usage_seconds_total ${node.cpuNanoSeconds / 1e9}`,
    '# TYPE node_memory_working_set_bytes gauge',
    `node_memory_working_set_bytes ${node.memoryBytes}`,
    '# TYPE resource_scrape_error gauge',
    'resource_scrape_error 0',
    '',
  ].join('\n')
}

/** Of the machine, all processors together; clock ticks are 10 ms on Linux. */
export async function cpuNanoSeconds(): Promise<number> {
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '')
  const [, user = 0, nice = 0, system = 0] = (stat.split('\n')[0] ?? '').split(/\s+/).map(Number)
  return (user + nice + system) * 10_000_000
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
