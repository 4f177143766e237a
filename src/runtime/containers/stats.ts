// What a container uses: from its cgroup, else summed over its processes in /proc.

import { readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import type { ContainerStats } from '../../cri/cri.ts'
import type { CgroupUsage } from '../../host/cgroup-files.ts'
import { type ContainerRecord, containerOf, nowMs, type World } from '../world.ts'
import { processesOf } from './processes.ts'

export async function containerStats(world: World, id: string): Promise<ContainerStats> {
  const record = containerOf(world, id)
  const usage =
    record.state === 'RUNNING'
      ? (world.cgroups.usage(record.cgroupPath) ?? usageOfProcesses(record))
      : nothing
  const rootfsUsedBytes = await folderBytes(`${world.containers.folder(id)}/upper`)
  return { id, timestampMs: nowMs(world), ...usage, rootfsUsedBytes }
}

const nothing: CgroupUsage = {
  cpuUsageCoreNanoSeconds: 0,
  memoryUsageBytes: 0,
  memoryWorkingSetBytes: 0,
}

/** Ticks of /proc/PID/stat are hundredths of a second on every Linux that runs Node. */
const tickNs = 10_000_000
const pageBytes = 4096

function usageOfProcesses({ id }: ContainerRecord): CgroupUsage {
  const sums = { ticks: 0, pages: 0 }
  for (const { ticks, pages } of processesOf(id).map(processUsage)) {
    sums.ticks += ticks
    sums.pages += pages
  }
  const memoryUsageBytes = sums.pages * pageBytes
  return {
    cpuUsageCoreNanoSeconds: sums.ticks * tickNs,
    memoryUsageBytes,
    memoryWorkingSetBytes: memoryUsageBytes,
  }
}

/**
 * /proc/PID/stat after the name: utime, stime, cutime, cstime are fields 14 to 17 of proc(5);
 * statm: size resident shared ... in pages. Shared pages count once somewhere else.
 */
function processUsage(pid: number): { readonly ticks: number; readonly pages: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, 'utf8')
      .split(' ')
      .map(Number)
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { ticks, pages: resident - shared }
  } catch {
    return { ticks: 0, pages: 0 }
  }
}

/** A process may remove files while they are counted. */
async function folderBytes(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
  let bytes = 0
  for (const entry of entries) {
    const stats = await lstat(`${entry.parentPath}/${entry.name}`).catch(() => undefined)
    bytes += (stats?.blocks ?? 0) * 512
  }
  return bytes
}
