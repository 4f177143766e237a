// What a cluster left on the machine after it is gone: nothing, if all is well.

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderAt, machineWideName } from '../../../src/cluster/folders.ts'
import type { Identity } from './identity.ts'

/** Lines that name processes, mounts, cgroups and files which belong to clusters of `identity`. */
export function leftovers(identity: Identity, cluster: string): readonly string[] {
  return [
    ...processes(identity),
    ...mounts(identity),
    ...cgroups(identity, cluster),
    ...files(identity),
    ...kubeconfig(identity),
  ]
}

function processes({ home }: Identity): readonly string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      if (!environment.includes(`SAMPAN_CLUSTER_FOLDER=${home}/`)) return []
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return [`process ${pid}: ${command}`]
    } catch {
      return []
    }
  })
}

function mounts({ home }: Identity): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${home}/`))
    .map((line) => `mount: ${line}`)
}

function cgroups({ home }: Identity, cluster: string): readonly string[] {
  const name = machineWideName(folderAt(join(home, '.local/share/sampan/clusters', cluster)))
  return globSync(`/sys/fs/cgroup/{*/,}sampan-${name}`).map((path) => `cgroup: ${path}`)
}

function files({ home }: Identity): readonly string[] {
  const folder = join(home, '.local/share/sampan/clusters')
  return existsSync(folder) ? readdirSync(folder).map((name) => `file: ${folder}/${name}`) : []
}

function kubeconfig({ home }: Identity): readonly string[] {
  const path = join(home, '.kube/config')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return text.includes('sampan-') ? [`kubeconfig: ${path} still names a cluster`] : []
}
