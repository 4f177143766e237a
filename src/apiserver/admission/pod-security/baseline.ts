// The checks of the level baseline: what lets a Pod out of its container is forbidden.
// Source of rules and words: the Pod Security Standards, Kubernetes 1.36.

import {
  badContainers,
  type CheckedPod,
  containersOf,
  isInUserNamespace,
  named,
  type PodCheck,
  plural,
  quoted,
  type SecurityContext,
  settersText,
  sortedSet,
  type Violation,
} from './check.ts'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

export const appArmorProfile: PodCheck = ({ metadata, spec }) => {
  const bad: string[] = []
  const isBad = (type: string | undefined) => {
    const found = type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
    if (found) bad.push(type)
    return found
  }
  const isPodBad = isBad(spec.securityContext?.appArmorProfile?.type)
  const containers = badContainers(spec, (context) => isBad(context?.appArmorProfile?.type))
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(([key, value = '']) => key.startsWith(appArmorPrefix) && !isAllowedProfile(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const setters = [
    settersText(isPodBad, containers),
    annotations.length > 0 ? plural('annotation', annotations.length) : '',
  ].filter(Boolean)
  if (setters.length === 0) return undefined
  const values = [...sortedSet(bad), ...annotations]
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

function isAllowedProfile(profile: string): boolean {
  return profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/')
}

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

export const capabilitiesBaseline: PodCheck = ({ spec }) => {
  const added: string[] = []
  const containers = badContainers(spec, (context) => {
    const bad = (context?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name))
    added.push(...bad)
    return bad.length > 0
  })
  if (containers.length === 0) return undefined
  return {
    reason: 'non-default capabilities',
    detail: `${named(containers)} must not include ${quoted(sortedSet(added))} in securityContext.capabilities.add`,
  }
}

export const hostNamespaces: PodCheck = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') }
}

export const hostPathVolumes: PodCheck = ({ spec }) => {
  const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath)
  if (volumes.length === 0) return undefined
  const names = volumes.map(({ name = '' }) => name)
  return { reason: 'hostPath volumes', detail: named(names, 'volume') }
}

export const hostPorts: PodCheck = ({ spec }) => {
  const ports: string[] = []
  const containers = badContainers(spec, (_, container) => {
    const bad = (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []))
    ports.push(...bad.map(String))
    return bad.length > 0
  })
  if (containers.length === 0) return undefined
  const all = sortedSet(ports)
  const use = containers.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${named(containers)} ${use} ${plural('hostPort', all.length)} ${all.join(', ')}`,
  }
}

export const hostProbesAndLifecycle: PodCheck = ({ spec }) => {
  const hosts: string[] = []
  const containers = badContainers(spec, (_, container) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
    const handlers = [livenessProbe, readinessProbe, startupProbe]
    const all = [...handlers, lifecycle?.postStart, lifecycle?.preStop]
    const bad = all.flatMap((one) => [one?.httpGet?.host ?? '', one?.tcpSocket?.host ?? ''])
    hosts.push(...bad.filter(Boolean))
    return bad.some(Boolean)
  })
  if (containers.length === 0) return undefined
  const all = sortedSet(hosts)
  const use = containers.length === 1 ? 'uses' : 'use'
  const what = plural('probe or lifecycle host', all.length)
  return {
    reason: 'probe or lifecycle host',
    detail: `${named(sortedSet(containers))} ${use} ${what} ${quoted(all)}`,
  }
}

export const privileged: PodCheck = ({ spec }) => {
  const containers = badContainers(spec, (context) => context?.privileged === true)
  if (containers.length === 0) return undefined
  return {
    reason: 'privileged',
    detail: `${named(containers)} must not set securityContext.privileged=true`,
  }
}

export const procMount: PodCheck = ({ spec }) => {
  const types: string[] = []
  const containers = badContainers(spec, (context) => {
    const type = context?.procMount
    if (type === undefined || type === 'Default') return false
    types.push(type)
    return true
  })
  if (containers.length === 0) return undefined
  return {
    reason: 'procMount',
    detail: `${named(containers)} must not set securityContext.procMount to ${quoted(sortedSet(types))}`,
  }
}

export const procMountOutsideUserNamespaces: PodCheck = (pod) =>
  isInUserNamespace(pod.spec) ? undefined : procMount(pod)

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']

export const seLinuxOptions: PodCheck = (pod) => checkSeLinux(pod, seLinuxTypes)
export const seLinuxOptionsWithEngine: PodCheck = (pod) =>
  checkSeLinux(pod, [...seLinuxTypes, 'container_engine_t'])

function checkSeLinux({ spec }: CheckedPod, allowed: readonly string[]): Violation | undefined {
  const types: string[] = []
  const set = new Set<'user' | 'role'>()
  const isBad = (options: SecurityContext['seLinuxOptions'] | undefined) => {
    if (!options) return false
    const { type = '', user, role } = options
    if (!allowed.includes(type)) types.push(type)
    if (user) set.add('user')
    if (role) set.add('role')
    return !allowed.includes(type) || Boolean(user) || Boolean(role)
  }
  const isPodBad = isBad(spec.securityContext?.seLinuxOptions)
  const containers = badContainers(spec, (context) => isBad(context?.seLinuxOptions))
  const setters = settersText(isPodBad, containers)
  if (!setters) return undefined
  const all = sortedSet(types)
  const data = [
    ...(all.length > 0 ? [`${plural('type', all.length)} ${quoted(all)}`] : []),
    ...(set.has('user') ? ['user may not be set'] : []),
    ...(set.has('role') ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
  }
}

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'

/** Before there was a field for it. */
export const seccompAnnotations: PodCheck = ({ metadata, spec }) => {
  const keys = [
    seccompPod,
    ...containersOf(spec).map(({ name = '' }) => `${seccompContainer}${name}`),
  ]
  const forbidden = keys.flatMap((key) => {
    const value = metadata.annotations?.[key]
    return value === undefined || isAllowedSeccomp(value) ? [] : [`${key}=${JSON.stringify(value)}`]
  })
  if (forbidden.length === 0) return undefined
  const all = sortedSet(forbidden)
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', all.length)} ${all.join(', ')}`,
  }
}

function isAllowedSeccomp(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
}

export const seccompProfileBaseline: PodCheck = ({ spec }) => {
  const types: string[] = []
  const isBad = (type: string | undefined) => {
    const found = type !== undefined && type !== 'Localhost' && type !== 'RuntimeDefault'
    if (found) types.push(type)
    return found
  }
  const isPodBad = isBad(spec.securityContext?.seccompProfile?.type)
  const containers = badContainers(spec, (context) => isBad(context?.seccompProfile?.type))
  const setters = settersText(isPodBad, containers)
  return setters ? seccompSet(setters, types) : undefined
}

export function seccompSet(setters: string, types: readonly string[]): Violation {
  return {
    reason: 'seccompProfile',
    detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(sortedSet(types))}`,
  }
}

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]

/** `more`: names that later versions found safe too. */
export function sysctls(...more: readonly string[]): PodCheck {
  const allowed = new Set([...safeSysctls, ...more])
  return ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name = '' }) => name)
    const forbidden = names.filter((name) => !allowed.has(name))
    if (forbidden.length === 0) return undefined
    return { reason: 'forbidden sysctls', detail: forbidden.join(', ') }
  }
}

export const windowsHostProcess: PodCheck = ({ spec }) => {
  const isPodBad = spec.securityContext?.windowsOptions?.hostProcess === true
  const containers = badContainers(spec, (context) => context?.windowsOptions?.hostProcess === true)
  const setters = settersText(isPodBad, containers)
  if (!setters) return undefined
  return {
    reason: 'hostProcess',
    detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
  }
}
