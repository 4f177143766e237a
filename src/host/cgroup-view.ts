// A view of cgroups that crun accepts, for the whole fabric: it refuses machines where both
// versions are mounted. Runs once, in the fabric's own mount namespace.

import { mkdirSync, readFileSync } from 'node:fs'
import { type CgroupRoots, parseCgroupMounts } from './cgroup-mounts.ts'
import { check, type RunCommand, runCommand } from './command.ts'
import { quote } from './crun.ts'

/**
 * With version 1 or none the hierarchies in use are kept below `folder` and /sys/fs/cgroup is
 * covered by an empty file system. Version 2 stays as it is. Repeating it changes nothing.
 */
export async function coverCgroups(
  roots: CgroupRoots,
  folder: string,
  run: RunCommand = runCommand,
): Promise<CgroupRoots> {
  const mounts = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
  if (roots.kind === 'v2' || mounts.length === 0) return roots
  const kept = roots.kind === 'v1' ? Object.entries(roots.roots) : []
  if (kept.some(([, root]) => root.startsWith(folder))) return roots
  for (const [controller] of kept) mkdirSync(`${folder}/${controller}`, { recursive: true })
  const script = [
    'set -e',
    ...kept.map(
      ([controller, root]) => `mount --bind ${quote(root)} ${quote(`${folder}/${controller}`)}`,
    ),
    'mount -t tmpfs -o mode=755,size=64k cgroup /sys/fs/cgroup',
  ].join('\n')
  await check(run, ['sh', '-c', script])
  if (roots.kind === 'none') return roots
  return {
    kind: 'v1',
    roots: Object.fromEntries(kept.map(([controller]) => [controller, `${folder}/${controller}`])),
  }
}
