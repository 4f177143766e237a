// Where this machine's cgroups are and whether we may use them.
// In: /proc/self/mountinfo and /proc/self/cgroup. Out: one of v2, v1 (hybrid too), none and why.

import { accessSync, constants, mkdirSync, readFileSync, rmdirSync } from 'node:fs'

export type CgroupRoots =
  | {
      readonly kind: 'v2'
      /** The folder in which clusters have theirs. */
      readonly root: string
      readonly controllers: readonly string[]
    }
  | {
      readonly kind: 'v1'
      /** Controller -> folder of its hierarchy. */
      readonly roots: Readonly<Record<string, string>>
    }
  | { readonly kind: 'none'; readonly reason: string }

interface CgroupMount {
  readonly path: string
  readonly type: string
  readonly options: readonly string[]
}

/** Controllers of version 1 that containers use. A hierarchy may hold several (cpu,cpuacct). */
export const controllersV1 = ['cpu', 'cpuacct', 'memory', 'pids', 'cpuset', 'devices'] as const

/** mountinfo: `id parent major:minor root path options [fields...] - type source superoptions`. */
export function parseCgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ')
      const [type = '', , options = ''] = after.split(' ')
      return { path: before.split(' ')[4] ?? '', type, options: options.split(',') }
    })
}

export function findRootsV1(mounts: readonly CgroupMount[]): Readonly<Record<string, string>> {
  const entries = controllersV1.flatMap((controller) => {
    // The last mount of a hierarchy is on top of earlier ones.
    const mount = mounts.findLast(
      ({ type, options }) => type === 'cgroup' && options.includes(controller),
    )
    return mount ? [[controller, mount.path] as const] : []
  })
  return Object.fromEntries(entries)
}

export function readCgroupRoots(): CgroupRoots {
  const mounts = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
  const unified = mounts.findLast(({ type }) => type === 'cgroup2')
  const roots = findRootsV1(mounts)
  if (roots['memory'] !== undefined) return usableV1(roots)
  if (!unified) return { kind: 'none', reason: 'no cgroups are mounted on this machine' }
  return usableV2(unified.path)
}

function usableV1(roots: Readonly<Record<string, string>>): CgroupRoots {
  const usable = Object.entries(roots).filter(([, root]) => canMakeFolder(root))
  if (usable.length > 0) return { kind: 'v1', roots: Object.fromEntries(usable) }
  return { kind: 'none', reason: 'the cgroups of this machine (version 1) belong to root' }
}

/** Root has the whole tree. A user has what was delegated: the highest folder that is writable. */
function usableV2(mount: string): CgroupRoots {
  const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  const names = own.split('/').filter((name) => name !== '')
  const folders = [mount, ...names.map((_, i) => `${mount}/${names.slice(0, i + 1).join('/')}`)]
  const root = folders.find((folder) => canMoveInto(folder) && canMakeFolder(folder))
  const reason = 'no cgroup is delegated to this user (systemd-run --user --scope -p Delegate=yes)'
  if (root === undefined) return { kind: 'none', reason }
  const controllers = readFileSync(`${root}/cgroup.controllers`, 'utf8').trim().split(' ')
  return { kind: 'v2', root, controllers: controllers.filter((name) => name !== '') }
}

function canMoveInto(folder: string): boolean {
  try {
    accessSync(`${folder}/cgroup.procs`, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function canMakeFolder(folder: string): boolean {
  const probe = `${folder}/sampan-probe-${process.pid}`
  try {
    mkdirSync(probe)
    rmdirSync(probe)
    return true
  } catch {
    return false
  }
}
