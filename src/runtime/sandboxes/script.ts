// How a sandbox's namespaces come to be: one `unshare` that leaves them as files, with no process
// to keep them. Pure: data in, the command's words out.

import { quote } from '../../host/crun.ts'

export interface NamespacePlan {
  /** Folder with one file for each namespace: net, uts, ipc; and a folder shm. */
  readonly folder: string
  readonly hasNetwork: boolean
  readonly hasIpc: boolean
  readonly hostname: string
  readonly sysctls: Readonly<Record<string, string>>
}

/** Pods may listen on any port and send pings without privileges, as containerd has it. */
const ownNetworkSysctls = {
  'net.ipv4.ip_unprivileged_port_start': '0',
}

export function namespaceArgv(plan: NamespacePlan): readonly string[] {
  const { folder, hasNetwork, hasIpc } = plan
  const sysctls = { ...(hasNetwork && ownNetworkSysctls), ...plan.sysctls }
  const script = [
    'set -e',
    // The file of the same name belongs to root even in a user namespace's own.
    `hostname ${quote(plan.hostname)}`,
    ...(hasIpc
      ? [`mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=65536k shm ${quote(folder)}/shm`]
      : []),
    ...(hasNetwork ? [allowPings] : []),
    ...Object.entries(sysctls).map(
      ([name, value]) => `echo ${quote(value)} > ${quote(sysctlFile(name))}`,
    ),
  ].join('\n')
  const files = [
    ...(hasNetwork ? [`--net=${folder}/net`] : []),
    `--uts=${folder}/uts`,
    ...(hasIpc ? [`--ipc=${folder}/ipc`] : []),
  ]
  return ['unshare', ...files, 'sh', '-c', script]
}

/** The range must lie within the groups that exist here, which a user namespace has fewer of. */
const allowPings =
  'for r in "0 2147483647" "0 65535" "0 0"; do ' +
  '(echo "$r" > /proc/sys/net/ipv4/ping_group_range) 2>/dev/null && break; done'

/** Dots separate, and slashes stand for dots in an interface's name. */
export function sysctlFile(name: string): string {
  const swapped = name.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.'))
  return `/proc/sys/${swapped}`
}

export function namespaceFiles(plan: Pick<NamespacePlan, 'hasNetwork' | 'hasIpc'>) {
  return [...(plan.hasNetwork ? ['net'] : []), 'uts', ...(plan.hasIpc ? ['ipc'] : [])]
}
