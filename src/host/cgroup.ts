// cgroups of one cluster, all below a folder named sampan-CLUSTER: made, limited, read, removed.
// In: paths such as /kubepods/podUID/ID. Out: the same verbs for version 2, version 1 and none.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CgroupLimits,
  type CgroupUsage,
  type CgroupWrite,
  type DeviceRule,
  parseFlat,
  renderDevicesV1,
  renderLimitsV1,
  renderLimitsV2,
  usageV1,
  usageV2,
} from './cgroup-files.ts'
import type { CgroupRoots } from './cgroup-mounts.ts'

export interface Cgroups {
  readonly kind: CgroupRoots['kind']
  /** Why limits are not, or not all, enforced. */
  readonly limited: string | undefined
  create(path: string, limits: CgroupLimits, devices?: readonly DeviceRule[] | 'all'): void
  update(path: string, limits: CgroupLimits): void
  /** Who writes 0 to these is in the cgroup. */
  joinFiles(path: string): readonly string[]
  /** Folders to show as /sys/fs/cgroup in the container: by controller, or '' for all. */
  folders(path: string): Readonly<Record<string, string>>
  /** Processes killed for want of memory so far. */
  oomKills(path: string): number
  usage(path: string): CgroupUsage | undefined
  /** Ends every process in it. */
  kill(path: string): Promise<void>
  /** Ends what is in it and removes it with all below. Nothing happens where it is not. */
  remove(path: string): Promise<void>
}

export function clusterCgroup(cluster: string): string {
  return `sampan-${cluster}`
}

export function openCgroups(cluster: string, roots: CgroupRoots): Cgroups {
  if (roots.kind === 'none') return noCgroups(roots.reason)
  const name = clusterCgroup(cluster)
  return roots.kind === 'v2'
    ? version2(`${roots.root}/${name}`, roots.root, roots.controllers)
    : version1(
        Object.fromEntries(
          Object.entries(roots.roots).map(([controller, root]) => [controller, `${root}/${name}`]),
        ),
      )
}

/** Removes all of a cluster's cgroups, from outside of it, when its processes have ended. */
export async function removeClusterCgroups(cluster: string, roots: CgroupRoots): Promise<void> {
  await openCgroups(cluster, roots).remove('')
}

function noCgroups(reason: string): Cgroups {
  return {
    kind: 'none',
    limited: reason,
    create: () => {},
    update: () => {},
    joinFiles: () => [],
    folders: () => ({}),
    oomKills: () => 0,
    usage: () => undefined,
    kill: async () => {},
    remove: async () => {},
  }
}

const wanted = ['cpu', 'memory', 'pids', 'cpuset']

function version2(root: string, above: string, controllers: readonly string[]): Cgroups {
  const enabled = wanted.filter((name) => controllers.includes(name))
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !controllers.includes(name))
  const enable = (folder: string) =>
    attempt(() =>
      writeFileSync(
        `${folder}/cgroup.subtree_control`,
        enabled.map((name) => `+${name}`).join(' '),
      ),
    )
  const make = (path: string) => {
    enable(above)
    let folder = root
    mkdirSync(folder, { recursive: true })
    for (const name of path.split('/').filter((part) => part !== '')) {
      enable(folder)
      folder = `${folder}/${name}`
      mkdirSync(folder, { recursive: true })
    }
    return folder
  }
  const read = (path: string, file: string) =>
    attempt(() => readFileSync(`${root}${path}/${file}`, 'utf8'))
  return {
    kind: 'v2',
    limited:
      missing.length > 0 ? `cgroup controllers missing here: ${missing.join(', ')}` : undefined,
    create: (path, limits) => writeAll(make(path), renderLimitsV2(limits)),
    update: (path, limits) => writeAll(`${root}${path}`, renderLimitsV2(limits)),
    joinFiles: (path) => [`${root}${path}/cgroup.procs`],
    folders: (path) => ({ '': `${root}${path}` }),
    oomKills: (path) => parseFlat(read(path, 'memory.events') ?? '')['oom_kill'] ?? 0,
    usage(path) {
      const [cpuStat, memoryCurrent, memoryStat] = [
        'cpu.stat',
        'memory.current',
        'memory.stat',
      ].map((file) => read(path, file))
      if (cpuStat === undefined || memoryCurrent === undefined || memoryStat === undefined) return
      return usageV2({ cpuStat, memoryCurrent, memoryStat })
    },
    kill: (path) => killIn([`${root}${path}`]),
    remove: (path) => removeTrees([`${root}${path}`]),
  }
}

function version1(roots: Readonly<Record<string, string>>): Cgroups {
  const folders = (path: string) => Object.values(roots).map((root) => `${root}${path}`)
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !(name in roots))
  const write = (path: string, writes: readonly CgroupWrite[]) => {
    for (const { file, value } of writes) {
      const [controller = '', name = ''] = file.split('/')
      const root = roots[controller]
      if (root !== undefined) writeAll(`${root}${path}`, [{ file: name, value }])
    }
  }
  const read = (controller: string, path: string, file: string) =>
    attempt(() => readFileSync(`${roots[controller]}${path}/${file}`, 'utf8'))
  const make = (path: string) => {
    for (const folder of folders(path)) mkdirSync(folder, { recursive: true })
    if (roots['cpuset'] !== undefined) inheritCpuset(roots['cpuset'], path)
  }
  return {
    kind: 'v1',
    limited:
      missing.length > 0 ? `cgroup controllers missing here: ${missing.join(', ')}` : undefined,
    create(path, limits, devices) {
      make(path)
      write(path, renderLimitsV1(limits))
      if (devices) write(path, renderDevicesV1(devices))
    },
    update: (path, limits) => write(path, renderLimitsV1(limits)),
    joinFiles: (path) => [...new Set(folders(path))].map((folder) => `${folder}/cgroup.procs`),
    folders: (path) =>
      Object.fromEntries(
        Object.entries(roots).map(([controller, root]) => [controller, `${root}${path}`]),
      ),
    oomKills: (path) =>
      parseFlat(read('memory', path, 'memory.oom_control') ?? '')['oom_kill'] ?? 0,
    usage(path) {
      const cpuacctUsage = read('cpuacct', path, 'cpuacct.usage')
      const memoryUsage = read('memory', path, 'memory.usage_in_bytes')
      const memoryStat = read('memory', path, 'memory.stat')
      if (cpuacctUsage === undefined || memoryUsage === undefined || memoryStat === undefined)
        return
      return usageV1({ cpuacctUsage, memoryUsage, memoryStat })
    },
    kill: (path) => killIn(folders(path)),
    remove: (path) => removeTrees(folders(path)),
  }
}

/** A new cpuset of version 1 is empty, and nothing may enter it, until it is filled. */
function inheritCpuset(root: string, path: string): void {
  const names = path.split('/').filter((part) => part !== '')
  const all = ['', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)]
  for (const below of all)
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const own = `${root}${below}/${file}`
      if (attempt(() => readFileSync(own, 'utf8').trim()) !== '') continue
      const parent = `${root}${below.slice(0, below.lastIndexOf('/'))}`
      const above = below === '' ? root.slice(0, root.lastIndexOf('/')) : parent
      attempt(() => writeFileSync(own, readFileSync(`${above}/${file}`, 'utf8').trim()))
    }
}

/** A limit that the kernel refuses (less memory than is in use) leaves the others standing. */
function writeAll(folder: string, writes: readonly CgroupWrite[]): void {
  for (const { file, value } of writes) attempt(() => writeFileSync(`${folder}/${file}`, value))
}

async function killIn(folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    for (const below of treeOf(folder)) {
      const pids = attempt(() => readFileSync(`${below}/cgroup.procs`, 'utf8')) ?? ''
      for (const pid of pids.split('\n').map(Number))
        if (pid > 1 && pid !== process.pid) attempt(() => process.kill(pid, 'SIGKILL'))
    }
}

const removeTries = 50

async function removeTrees(folders: readonly string[]): Promise<void> {
  for (const folder of new Set(folders))
    for (let tries = 0; isFolder(folder) && tries < removeTries; tries++) {
      if (tries > 0) {
        await killIn([folder])
        await sleep(tries)
      }
      for (const below of treeOf(folder)) attempt(() => rmdirSync(below))
    }
}

/** The folder and all below it, the deepest first. */
function treeOf(folder: string): readonly string[] {
  const entries = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []
  const below = entries.filter((entry) => entry.isDirectory())
  return [...below.flatMap(({ name }) => treeOf(`${folder}/${name}`)), folder]
}

function isFolder(path: string): boolean {
  return attempt(() => statSync(path).isDirectory()) ?? false
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
