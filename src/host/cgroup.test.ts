import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { openCgroups, removeClusterCgroups } from './cgroup.ts'
import {
  parseFlat,
  renderDevicesV1,
  renderLimitsV1,
  renderLimitsV2,
  usageV1,
  usageV2,
} from './cgroup-files.ts'
import { findRootsV1, parseCgroupMounts, readCgroupRoots } from './cgroup-mounts.ts'

const limits = {
  cpuShares: 512,
  cpuQuota: 50_000,
  cpuPeriod: 100_000,
  memoryLimitBytes: 1 << 20,
  pidsLimit: 9,
}

test('limits become files of version 2', () => {
  assert.deepEqual(renderLimitsV2(limits), [
    { file: 'cpu.weight', value: '20' },
    { file: 'cpu.max', value: '50000 100000' },
    { file: 'memory.max', value: '1048576' },
    { file: 'memory.oom.group', value: '1' },
    { file: 'pids.max', value: '10' },
  ])
})

test('limits become files of version 1', () => {
  assert.deepEqual(renderLimitsV1(limits), [
    { file: 'cpu/cpu.shares', value: '512' },
    { file: 'cpu/cpu.cfs_period_us', value: '100000' },
    { file: 'cpu/cpu.cfs_quota_us', value: '50000' },
    { file: 'memory/memory.limit_in_bytes', value: '1048576' },
    { file: 'pids/pids.max', value: '10' },
  ])
})

test('no limits write nothing, and lifted ones say so', () => {
  assert.deepEqual(renderLimitsV1({}), [])
  assert.deepEqual(renderLimitsV2({}), [])
  assert.deepEqual(renderLimitsV2({ cpuQuota: -1, memoryLimitBytes: -1, pidsLimit: 0 }), [
    { file: 'cpu.max', value: 'max 100000' },
    { file: 'memory.max', value: 'max' },
    { file: 'memory.oom.group', value: '1' },
    { file: 'pids.max', value: 'max' },
  ])
  assert.deepEqual(
    renderLimitsV1({ cpuQuota: -1, memoryLimitBytes: -1 }).map(({ value }) => value),
    ['100000', '-1', '-1'],
  )
})

test('the smallest and largest shares are the smallest and largest weights', () => {
  const weight = (cpuShares: number) => renderLimitsV2({ cpuShares })[0]?.value
  assert.deepEqual([weight(2), weight(1024), weight(262_144)], ['1', '39', '10000'])
})

test('devices are refused but for those listed', () => {
  assert.deepEqual(renderDevicesV1([{ type: 'c', numbers: '1:3', access: 'rwm' }]), [
    { file: 'devices/devices.deny', value: 'a' },
    { file: 'devices/devices.allow', value: 'c 1:3 rwm' },
  ])
  assert.deepEqual(renderDevicesV1('all'), [{ file: 'devices/devices.allow', value: 'a' }])
})

test('usage is read from what the kernel writes', () => {
  assert.deepEqual(parseFlat('low 0\noom_kill 3\n'), { low: 0, oom_kill: 3 })
  const cpuStat = 'usage_usec 1500\nuser_usec 1000\n'
  assert.deepEqual(
    usageV2({ cpuStat, memoryCurrent: '4096\n', memoryStat: 'inactive_file 1000\n' }),
    {
      cpuUsageCoreNanoSeconds: 1_500_000,
      memoryUsageBytes: 4096,
      memoryWorkingSetBytes: 3096,
    },
  )
  const v1 = { cpuacctUsage: '7\n', memoryUsage: '10\n', memoryStat: 'total_inactive_file 20\n' }
  assert.deepEqual(usageV1(v1), {
    cpuUsageCoreNanoSeconds: 7,
    memoryUsageBytes: 10,
    memoryWorkingSetBytes: 0,
  })
})

const hybrid = `24 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
25 24 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:5 - cgroup2 cgroup2 rw
26 24 0:24 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
27 24 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
28 24 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
29 1 0:25 / /run/kept/memory rw - cgroup cgroup rw,memory
`

test('a hybrid machine has its hierarchies found, the uppermost mount of each', () => {
  assert.deepEqual(findRootsV1(parseCgroupMounts(hybrid)), {
    cpu: '/sys/fs/cgroup/cpu,cpuacct',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
    memory: '/run/kept/memory',
  })
})

test('version 2 in a folder: files in their places, all of it removed', async (t) => {
  const root = mkdtempSync(`${tmpdir()}/sampan-cgroup-`)
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const roots = { kind: 'v2', root, controllers: ['cpu', 'memory', 'pids'] } as const
  const cgroups = openCgroups('c', roots)
  cgroups.create('/kubepods/podx/id', {})
  const folder = `${root}/sampan-c/kubepods/podx/id`
  assert.deepEqual(cgroups.joinFiles('/kubepods/podx/id'), [`${folder}/cgroup.procs`])
  assert.deepEqual(cgroups.folders('/kubepods/podx/id'), { '': folder })
  assert.equal(cgroups.oomKills('/kubepods/podx/id'), 0)
  assert.equal(cgroups.limited, undefined)
  const lacking = openCgroups('c', { ...roots, controllers: ['pids'] })
  assert.equal(lacking.limited, 'cgroup controllers missing here: cpu, memory')
})

test("this machine's cgroups: made, limited, and removed from outside", async () => {
  const roots = readCgroupRoots()
  if (roots.kind !== 'v1' || roots.roots['memory'] === undefined) return
  const cgroups = openCgroups(`test-${process.pid}`, roots)
  cgroups.create('/kubepods/podx/id', { memoryLimitBytes: 8 << 20 })
  const top = `${roots.roots['memory']}/sampan-test-${process.pid}`
  const written = readFileSync(`${top}/kubepods/podx/id/memory.limit_in_bytes`, 'utf8')
  assert.equal(written.trim(), String(8 << 20))
  await removeClusterCgroups(`test-${process.pid}`, roots)
  assert.equal(existsSync(top), false)
  mkdirSync(top)
  await removeClusterCgroups(`test-${process.pid}`, roots)
  assert.equal(existsSync(top), false)
})
