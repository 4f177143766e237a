// Table and rule: which Linux capabilities a container's process has.

import type { SecurityContext } from '../../cri/cri.ts'

/** In the kernel's order, so that the number of a capability is its place. */
export const allCapabilities = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO ' +
  'SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME ' +
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG ' +
  'WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** What containerd gives where nothing is asked for. */
const standard = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP ' +
  'NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
).split(' ')

export interface CapabilityRules {
  /** False where nothing but this capability keeps a container from the host's devices. */
  readonly isMknodHarmless: boolean
  /** What we ourselves may have and give: a bit for each, as /proc/PID/status has CapBnd. */
  readonly bounding: bigint
}

export function planCapabilities(
  security: SecurityContext,
  { isMknodHarmless, bounding }: CapabilityRules,
): readonly string[] {
  const { add = [], drop = [] } = security.capabilities ?? {}
  const added = add.map(bareName)
  const dropped = drop.map(bareName)
  const first = () => {
    if (security.privileged) return allCapabilities
    if (dropped.includes('ALL')) return []
    if (added.includes('ALL')) return allCapabilities
    return isMknodHarmless ? standard : standard.filter((name) => name !== 'MKNOD')
  }
  const names = new Set([...first(), ...added.filter((name) => allCapabilities.includes(name))])
  for (const name of dropped) names.delete(name)
  return allCapabilities
    .filter((name, bit) => names.has(name) && ((bounding >> BigInt(bit)) & 1n) === 1n)
    .map((name) => `CAP_${name}`)
}

function bareName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '')
}
