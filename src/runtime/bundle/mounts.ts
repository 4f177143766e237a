// Which file systems a container sees and with what options. Pure: data in, OCI mounts out.

import { posix } from 'node:path'
import type { ContainerConfig, Mount } from '../../cri/cri.ts'
import type { OciMount } from './spec.ts'

export interface SandboxFiles {
  readonly hostname: string
  readonly hosts: string
  readonly resolvConf: string
  /** Folder or mount for /dev/shm. */
  readonly shm: string
}

export interface MountPlan {
  readonly config: ContainerConfig
  readonly sandbox: SandboxFiles
  /** Of the container's cgroup by controller; '' for all; none where there is no cgroup. */
  readonly cgroupFolders: Readonly<Record<string, string>>
  /** False where no group 5 exists, which terminals otherwise belong to. */
  readonly hasTtyGroup: boolean
  /** Where an image volume's file system is, by its mount's containerPath. */
  readonly imageVolumes: Readonly<Record<string, string>>
}

/** Parents before what is mounted below them; among equals the pod's own come last and win. */
export function planMounts(plan: MountPlan): readonly OciMount[] {
  const own = plan.config.mounts.map((mount) => bindMount(mount, plan.imageVolumes))
  const taken = new Set(own.map(({ destination }) => destination))
  const given = [...systemMounts(plan), ...sandboxMounts(plan)]
  return [...given.filter(({ destination }) => !taken.has(destination)), ...byDepth(own)]
}

function byDepth(mounts: readonly OciMount[]): readonly OciMount[] {
  const depth = ({ destination }: OciMount) => destination.split('/').filter(Boolean).length
  return mounts.toSorted((a, b) => depth(a) - depth(b))
}

const careful = ['nosuid', 'noexec', 'nodev']

function systemMounts({ config, hasTtyGroup, cgroupFolders }: MountPlan): readonly OciMount[] {
  const { privileged } = config.security
  const tty = ['newinstance', 'ptmxmode=0666', 'mode=0620', ...(hasTtyGroup ? ['gid=5'] : [])]
  const dev = ['nosuid', 'strictatime', 'mode=755', 'size=65536k']
  return [
    mount('/proc', 'proc', careful),
    mount('/dev', 'tmpfs', dev),
    mount('/dev/pts', 'devpts', ['nosuid', 'noexec', ...tty]),
    mount('/dev/mqueue', 'mqueue', careful),
    mount('/sys', 'sysfs', [...careful, privileged ? 'rw' : 'ro']),
    ...cgroupMounts(cgroupFolders, privileged ? 'rw' : 'ro'),
  ]
}

function cgroupMounts(
  folders: MountPlan['cgroupFolders'],
  access: 'rw' | 'ro',
): readonly OciMount[] {
  const all = folders['']
  const target = '/sys/fs/cgroup'
  const options = ['rbind', 'rprivate', ...careful, access]
  if (all !== undefined) return [bind(target, all, options)]
  const single = Object.entries(folders)
  if (single.length === 0) return []
  return [
    mount(target, 'tmpfs', [...careful, 'mode=755', 'size=64k']),
    ...single.map(([name, folder]) => bind(`${target}/${name}`, folder, options)),
  ]
}

function sandboxMounts({ config, sandbox }: MountPlan): readonly OciMount[] {
  const options = ['rbind', 'rprivate', config.security.readonlyRootfs ? 'ro' : 'rw']
  return [
    bind('/dev/shm', sandbox.shm, ['rbind', 'rprivate', 'rw', ...careful]),
    bind('/etc/hostname', sandbox.hostname, options),
    bind('/etc/hosts', sandbox.hosts, options),
    bind('/etc/resolv.conf', sandbox.resolvConf, options),
  ]
}

const propagations: Readonly<Record<Mount['propagation'], string>> = {
  PRIVATE: 'rprivate',
  HOST_TO_CONTAINER: 'rslave',
  BIDIRECTIONAL: 'rshared',
}

function bindMount(wanted: Mount, imageVolumes: MountPlan['imageVolumes']): OciMount {
  const source = wanted.hostPath ?? imageVolumes[wanted.containerPath] ?? ''
  const access = wanted.readonly ? (wanted.recursiveReadOnly ? 'rro' : 'ro') : 'rw'
  const destination = posix.normalize(posix.join('/', wanted.containerPath))
  return bind(destination, source, ['rbind', propagations[wanted.propagation], access])
}

function bind(destination: string, source: string, options: readonly string[]): OciMount {
  return { destination, type: 'bind', source, options }
}

function mount(destination: string, type: string, options: readonly string[]): OciMount {
  return { destination, type, source: type, options }
}

/** How the mount namespace that is made for the container relates to the fabric's. */
export function propagationOf(mounts: readonly Mount[]): 'private' | 'slave' | 'unchanged' {
  if (mounts.some(({ propagation }) => propagation === 'BIDIRECTIONAL')) return 'unchanged'
  return mounts.some(({ propagation }) => propagation === 'HOST_TO_CONTAINER') ? 'slave' : 'private'
}
