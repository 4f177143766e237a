// The plan of a container: config.json from what was asked for, the image and the sandbox. Pure.

import type { ContainerConfig } from '../../cri/cri.ts'
import type { ImageConfig } from '../images/image-config.ts'
import { planCapabilities } from './capabilities.ts'
import { planMounts, propagationOf, type SandboxFiles } from './mounts.ts'
import { planArgs, planEnv } from './process.ts'
import { runtimeDefault, withPretendedUsers } from './seccomp.ts'
import type { OciDevice, OciNamespace, OciSeccomp, OciSpec } from './spec.ts'
import type { ContainerUser } from './user.ts'

export interface BundleSandbox {
  readonly hostname: string
  readonly files: SandboxFiles
  /** Files of namespaces to join; what is absent is the fabric's own. */
  readonly namespaces: {
    readonly network: string
    readonly uts: string
    readonly ipc?: string
    /** A path, `new`, or `host` for the fabric's. */
    readonly pid: { readonly join: string } | 'new' | 'host'
  }
}

export interface BundleMachine {
  /** single: one user id exists, to which every file belongs. */
  readonly ids: 'host' | 'range' | 'single'
  readonly cgroupFolders: Readonly<Record<string, string>>
  readonly isMknodHarmless: boolean
  /** Capabilities that we may give. */
  readonly bounding: bigint
  /** The lowest oom_score_adj that we may give. */
  readonly lowestOomScoreAdj: number
  readonly localhostSeccomp?: OciSeccomp
}

export interface BundlePlan {
  readonly config: ContainerConfig
  readonly image: ImageConfig
  readonly user: ContainerUser
  readonly sandbox: BundleSandbox
  readonly machine: BundleMachine
  readonly rootfs: string
  readonly devices: readonly OciDevice[]
  readonly imageVolumes: Readonly<Record<string, string>>
}

/** Kubernetes' own lists for procMount Default, where the kubelet sends none. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export class NoCommand extends Error {}

/** Throws NoCommand where neither the pod nor the image says what to run. */
export function planBundle(plan: BundlePlan): OciSpec {
  const { config, image, sandbox, machine } = plan
  const { security } = config
  const args = planArgs(config, image)
  if (args.length === 0) throw new NoCommand('no command specified')
  const capabilities = planCapabilities(security, machine)
  const seccomp = planSeccomp(plan, capabilities)
  const isShared = propagationOf(config.mounts)
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: config.tty,
      user: processUser(plan),
      args,
      env: planEnv({
        image: image.env,
        config: config.envs,
        hostname: sandbox.hostname,
        home: plan.user.home,
        tty: config.tty,
      }),
      cwd: config.workingDir || image.workingDir || '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: security.noNewPrivs,
      oomScoreAdj: Math.max(config.resources.oomScoreAdj ?? 0, machine.lowestOomScoreAdj),
    },
    root: { path: plan.rootfs, readonly: security.readonlyRootfs },
    mounts: planMounts({
      config,
      sandbox: sandbox.files,
      cgroupFolders: machine.cgroupFolders,
      hasTtyGroup: machine.ids !== 'single',
      imageVolumes: plan.imageVolumes,
    }),
    linux: {
      namespaces: planNamespaces(sandbox, machine),
      devices: plan.devices,
      ...(seccomp && { seccomp }),
      maskedPaths: security.privileged ? [] : (security.maskedPaths ?? maskedPaths),
      readonlyPaths: security.privileged ? [] : (security.readonlyPaths ?? readonlyPaths),
      ...(isShared === 'unchanged' && { rootfsPropagation: 'rshared' }),
      ...(isShared === 'slave' && { rootfsPropagation: 'rslave' }),
    },
  }
}

export function processUser({ user, machine }: Pick<BundlePlan, 'user' | 'machine'>) {
  if (machine.ids === 'single') return { uid: 0, gid: 0, additionalGids: [] }
  return { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids }
}

function planSeccomp(
  { config: { security }, machine }: BundlePlan,
  capabilities: readonly string[],
): OciSeccomp | undefined {
  const asked = () => {
    if (security.privileged) return undefined
    if (security.seccomp?.type === 'RuntimeDefault') return runtimeDefault(capabilities)
    if (security.seccomp?.type === 'Localhost') return machine.localhostSeccomp
    return undefined
  }
  return machine.ids === 'single' ? withPretendedUsers(asked()) : asked()
}

function planNamespaces(
  { namespaces }: BundleSandbox,
  { cgroupFolders }: BundleMachine,
): readonly OciNamespace[] {
  const { pid } = namespaces
  const hasCgroup = Object.keys(cgroupFolders).length > 0
  return [
    { type: 'mount' },
    { type: 'network', path: namespaces.network },
    { type: 'uts', path: namespaces.uts },
    ...(namespaces.ipc === undefined ? [] : [{ type: 'ipc', path: namespaces.ipc } as const]),
    ...(pid === 'host' ? [] : [{ type: 'pid', ...(pid !== 'new' && { path: pid.join }) } as const]),
    ...(hasCgroup ? [{ type: 'cgroup' } as const] : []),
  ]
}
