// What to write into which cgroup file for given limits, and what such files say. Pure; one
// renderer for each version of cgroups. Files are named as `controller/file` in version 1.

export interface CgroupLimits {
  readonly cpuPeriod?: number
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitBytes?: number
  readonly cpusetCpus?: string
  readonly pidsLimit?: number
}

export interface CgroupWrite {
  readonly file: string
  readonly value: string
}

export interface CgroupUsage {
  readonly cpuUsageCoreNanoSeconds: number
  readonly memoryUsageBytes: number
  readonly memoryWorkingSetBytes: number
}

const standardPeriodUs = 100_000

export function renderLimitsV2(limits: CgroupLimits): readonly CgroupWrite[] {
  const { cpuQuota, cpuPeriod = standardPeriodUs, cpuShares, memoryLimitBytes } = limits
  return [
    ...(cpuShares ? [{ file: 'cpu.weight', value: String(weightOfShares(cpuShares)) }] : []),
    ...(cpuQuota === undefined
      ? []
      : [{ file: 'cpu.max', value: `${cpuQuota > 0 ? cpuQuota : 'max'} ${cpuPeriod}` }]),
    ...(memoryLimitBytes === undefined
      ? []
      : [
          { file: 'memory.max', value: memoryLimitBytes > 0 ? String(memoryLimitBytes) : 'max' },
          // As the kubelet asks for: when memory runs out the container ends as a whole.
          { file: 'memory.oom.group', value: '1' },
        ]),
    ...pids(limits, 'pids.max'),
    ...(limits.cpusetCpus ? [{ file: 'cpuset.cpus', value: limits.cpusetCpus }] : []),
  ]
}

/** shares 2..262144 onto weights 1..10000, as all container runtimes do. */
function weightOfShares(shares: number): number {
  const clamped = Math.min(Math.max(shares, 2), 262_144)
  return 1 + Math.floor(((clamped - 2) * 9999) / 262_142)
}

export function renderLimitsV1(limits: CgroupLimits): readonly CgroupWrite[] {
  const { cpuQuota, cpuPeriod = standardPeriodUs, cpuShares, memoryLimitBytes } = limits
  return [
    ...(cpuShares ? [{ file: 'cpu/cpu.shares', value: String(cpuShares) }] : []),
    ...(cpuQuota === undefined
      ? []
      : [
          { file: 'cpu/cpu.cfs_period_us', value: String(cpuPeriod) },
          { file: 'cpu/cpu.cfs_quota_us', value: String(cpuQuota > 0 ? cpuQuota : -1) },
        ]),
    ...(memoryLimitBytes === undefined
      ? []
      : [
          {
            file: 'memory/memory.limit_in_bytes',
            value: String(memoryLimitBytes > 0 ? memoryLimitBytes : -1),
          },
        ]),
    ...pids(limits, 'pids/pids.max'),
    ...(limits.cpusetCpus ? [{ file: 'cpuset/cpuset.cpus', value: limits.cpusetCpus }] : []),
  ]
}

/** One more than asked for: the container's runtime waits in the same cgroup. */
function pids({ pidsLimit }: CgroupLimits, file: string): readonly CgroupWrite[] {
  if (pidsLimit === undefined) return []
  return [{ file, value: pidsLimit > 0 ? String(pidsLimit + 1) : 'max' }]
}

export interface DeviceRule {
  readonly type: 'a' | 'b' | 'c'
  /** `major:minor`, either may be `*`. */
  readonly numbers: string
  readonly access: string
}

/** What every container may open: null, zero, full, random, urandom, tty, console, ptmx, pts. */
export const standardDevices: readonly DeviceRule[] = [
  { type: 'c', numbers: '*:*', access: 'm' },
  { type: 'b', numbers: '*:*', access: 'm' },
  ...['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '136:*'].map(
    (numbers): DeviceRule => ({ type: 'c', numbers, access: 'rwm' }),
  ),
]

export function renderDevicesV1(rules: readonly DeviceRule[] | 'all'): readonly CgroupWrite[] {
  if (rules === 'all') return [{ file: 'devices/devices.allow', value: 'a' }]
  return [
    { file: 'devices/devices.deny', value: 'a' },
    ...rules.map(({ type, numbers, access }) => ({
      file: 'devices/devices.allow',
      value: `${type} ${numbers} ${access}`,
    })),
  ]
}

/** Files of `key value` lines: memory.events, memory.stat, cpu.stat, memory.oom_control. */
export function parseFlat(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([key = '', value]) => [key, Number(value)]),
  )
}

export function usageV2(files: {
  readonly cpuStat: string
  readonly memoryCurrent: string
  readonly memoryStat: string
}): CgroupUsage {
  const usage = Number(files.memoryCurrent)
  return {
    cpuUsageCoreNanoSeconds: (parseFlat(files.cpuStat)['usage_usec'] ?? 0) * 1000,
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: without(usage, parseFlat(files.memoryStat)['inactive_file']),
  }
}

export function usageV1(files: {
  readonly cpuacctUsage: string
  readonly memoryUsage: string
  readonly memoryStat: string
}): CgroupUsage {
  const usage = Number(files.memoryUsage)
  return {
    cpuUsageCoreNanoSeconds: Number(files.cpuacctUsage),
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: without(usage, parseFlat(files.memoryStat)['total_inactive_file']),
  }
}

function without(usage: number, inactive = 0): number {
  return Math.max(0, usage - inactive)
}
