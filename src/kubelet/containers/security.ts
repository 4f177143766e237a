// securityContext of Pod and container, merged, as the runtime takes it. Pure.

import type { Container, Pod, SeccompProfile } from '../../api/types.gen.ts'
import type { Image, SecurityContext } from '../../cri/cri.ts'
import { ConfigError } from './config-error.ts'

/** What the kernel shows that a container must not see or change, unless procMount says so. */
const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export function securityContext(pod: Pod, container: Container, image: Image): SecurityContext {
  const ofPod = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const isPrivileged = own.privileged ?? false
  const runAsUser = own.runAsUser ?? ofPod.runAsUser ?? image.uid
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup
  const isOpen = isPrivileged || own.procMount === 'Unmasked'
  const seccomp = seccompOf(own.seccompProfile ?? ofPod.seccompProfile)
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) refuseRoot(container, runAsUser, image)
  return {
    privileged: isPrivileged,
    ...(own.capabilities && {
      capabilities: { add: own.capabilities.add ?? [], drop: own.capabilities.drop ?? [] },
    }),
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsUser === undefined && image.username && { runAsUsername: image.username }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    supplementalGroups: [
      ...(ofPod.supplementalGroups ?? []),
      ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup]),
    ],
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false && !isPrivileged,
    ...(!isOpen && { maskedPaths, readonlyPaths }),
    ...(seccomp && { seccomp }),
  }
}

/** runAsNonRoot cannot be promised for root, nor for a user known by name only. */
function refuseRoot(container: Container, user: number | undefined, image: Image): void {
  const { name } = container
  if (user === 0 || (user === undefined && !image.username))
    throw new ConfigError(
      `container has runAsNonRoot and image will run as root (container: ${name})`,
    )
  if (user === undefined)
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root (container: ${name})`,
    )
}

function seccompOf(profile: SeccompProfile | undefined): SecurityContext['seccomp'] {
  if (!profile) return undefined
  const { type, localhostProfile } = profile
  if (type === 'Localhost')
    return { type, ...(localhostProfile && { localhostRef: localhostProfile }) }
  return type === 'RuntimeDefault' || type === 'Unconfined' ? { type } : undefined
}
