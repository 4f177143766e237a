// Table: which check belongs to which level since which version, and what a Pod has against a level.
// Checks run in the order of their names, those of the baseline first.

import * as baseline from './baseline.ts'
import type { CheckedPod, PodCheck, Violation } from './check.ts'
import type { Level, LevelVersion } from './policy.ts'
import * as restricted from './restricted.ts'

interface VersionedCheck {
  readonly id: string
  readonly level: Exclude<Level, 'privileged'>
  /** By the minor version since which it holds, ascending. */
  readonly since: readonly (readonly [number, PodCheck])[]
  /** The baseline check that it makes superfluous. */
  readonly overrides?: string
}

const { exceptWindows, exceptUserNamespaces } = restricted

const reservedPorts = 'net.ipv4.ip_local_reserved_ports'
const keepalive = ['time', 'intvl', 'probes'].map((name) => `net.ipv4.tcp_keepalive_${name}`)
const ofTcp = [...keepalive, 'net.ipv4.tcp_fin_timeout']
const memory = ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const checks: readonly VersionedCheck[] = [
  { id: 'appArmorProfile', level: 'baseline', since: [[0, baseline.appArmorProfile]] },
  { id: 'capabilities_baseline', level: 'baseline', since: [[0, baseline.capabilitiesBaseline]] },
  { id: 'hostNamespaces', level: 'baseline', since: [[0, baseline.hostNamespaces]] },
  { id: 'hostPathVolumes', level: 'baseline', since: [[0, baseline.hostPathVolumes]] },
  { id: 'hostPorts', level: 'baseline', since: [[0, baseline.hostPorts]] },
  {
    id: 'hostProbesAndHostLifecycle',
    level: 'baseline',
    since: [[34, baseline.hostProbesAndLifecycle]],
  },
  { id: 'privileged', level: 'baseline', since: [[0, baseline.privileged]] },
  {
    id: 'procMount',
    level: 'baseline',
    since: [
      [0, baseline.procMount],
      [35, baseline.procMountOutsideUserNamespaces],
    ],
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    since: [
      [0, baseline.seLinuxOptions],
      [31, baseline.seLinuxOptionsWithEngine],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    since: [
      [0, baseline.seccompAnnotations],
      [19, baseline.seccompProfileBaseline],
    ],
  },
  {
    id: 'sysctls',
    level: 'baseline',
    since: [
      [0, baseline.sysctls()],
      [27, baseline.sysctls(reservedPorts)],
      [29, baseline.sysctls(reservedPorts, ...ofTcp)],
      [32, baseline.sysctls(reservedPorts, ...ofTcp, ...memory)],
    ],
  },
  { id: 'windowsHostProcess', level: 'baseline', since: [[0, baseline.windowsHostProcess]] },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    since: [
      [8, restricted.allowPrivilegeEscalation],
      [25, exceptWindows(restricted.allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    overrides: 'capabilities_baseline',
    since: [
      [22, restricted.capabilitiesRestricted],
      [25, exceptWindows(restricted.capabilitiesRestricted)],
    ],
  },
  {
    id: 'procMount_restricted',
    level: 'restricted',
    overrides: 'procMount',
    since: [[35, baseline.procMount]],
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    overrides: 'hostPathVolumes',
    since: [[0, restricted.restrictedVolumes]],
  },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    since: [
      [0, restricted.runAsNonRoot],
      [35, exceptUserNamespaces(restricted.runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    since: [
      [23, restricted.runAsUser],
      [35, exceptUserNamespaces(restricted.runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    overrides: 'seccompProfile_baseline',
    since: [
      [19, restricted.seccompProfileRestricted],
      [25, exceptWindows(restricted.seccompProfileRestricted)],
    ],
  },
]

export function violations(
  { level, version }: LevelVersion,
  pod: CheckedPod,
): readonly Violation[] {
  if (level === 'privileged') return []
  const minor =
    version === 'latest' ? Number.POSITIVE_INFINITY : Number(version.slice('v1.'.length))
  return checksOf(level, minor).flatMap((check) => check(pod) ?? [])
}

function checksOf(level: 'baseline' | 'restricted', minor: number): readonly PodCheck[] {
  const inForce = checks.filter(
    (check) =>
      (check.level === 'baseline' || level === 'restricted') && (check.since[0]?.[0] ?? 0) <= minor,
  )
  const overridden = new Set(inForce.map(({ overrides }) => overrides))
  return inForce
    .filter(({ id }) => !overridden.has(id))
    .flatMap(({ since }) => since.findLast(([version]) => version <= minor)?.[1] ?? [])
}

/** hostPort, privileged */
export function reasonsOf(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(', ')
}

/** privileged (container "main" must not set securityContext.privileged=true) */
export function detailsOf(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')
}
