// Security contexts of Pods and containers.

import type { DraftOf } from '../draft.ts'
import {
  all,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-error.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../types.gen.ts'
import { each, optionErrors, unixIdErrors } from './checks.ts'
import { child } from './field-path.ts'
import { relativePathErrors } from './volumes.ts'

type Spec = DraftOf<PodSpec>

export function podSecurityErrors(spec: Spec, path: string): FieldError[] {
  const context = spec.securityContext
  if (!context) return []
  const sharesHostPid = spec.shareProcessNamespace && spec.hostPID
  return all(
    unixIdErrors(context.fsGroup, child(path, 'fsGroup')),
    unixIdErrors(context.runAsUser, child(path, 'runAsUser')),
    unixIdErrors(context.runAsGroup, child(path, 'runAsGroup')),
    each(context.supplementalGroups, child(path, 'supplementalGroups'), unixIdErrors),
    sharesHostPid
      ? [
          invalid(
            child(path, 'shareProcessNamespace'),
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : [],
    sysctlErrors(spec, child(path, 'sysctls')),
    optionErrors(context.fsGroupChangePolicy, child(path, 'fsGroupChangePolicy'), [
      'Always',
      'OnRootMismatch',
    ]),
    seccompErrors(context.seccompProfile, child(path, 'seccompProfile')),
    appArmorErrors(context.appArmorProfile, child(path, 'appArmorProfile')),
    optionErrors(context.supplementalGroupsPolicy, child(path, 'supplementalGroupsPolicy'), [
      'Merge',
      'Strict',
    ]),
    optionErrors(context.seLinuxChangePolicy, child(path, 'seLinuxChangePolicy'), [
      'MountOption',
      'Recursive',
    ]),
  )
}

const sysctlForm = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'

function sysctlErrors(spec: Spec, path: string): FieldError[] {
  const seen = new Set<string>()
  return each(spec.securityContext?.sysctls, path, ({ name }, place) => {
    const field = child(place, 'name')
    if (!name) return [required(field)]
    const isWrong = name.length > 253 || !new RegExp(sysctlForm).test(name)
    const detail = `must have at most 253 characters and match regex ${sysctlForm}`
    const isRepeated = seen.has(name)
    seen.add(name)
    return all(
      isWrong ? [invalid(field, name, detail)] : [],
      !isWrong && isRepeated ? [duplicate(field, name)] : [],
      spec.hostNetwork && /^net[./]/.test(name)
        ? [invalid(field, name, "may not be specified when 'hostNetwork' is true")]
        : [],
      spec.hostIPC && isIpcSysctl(name)
        ? [invalid(field, name, "may not be specified when 'hostIPC' is true")]
        : [],
    )
  })
}

function isIpcSysctl(name: string): boolean {
  const dotted = name.replaceAll('/', '.')
  return /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted)
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function seccompErrors(profile: DraftOf<SeccompProfile> | undefined, path: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const field = child(path, 'localhostProfile')
  const isLocal = type === 'Localhost'
  return all(
    !type ? [required(child(path, 'type'), 'type is required when seccompProfile is set')] : [],
    type && !profileTypes.includes(type)
      ? [notSupported(child(path, 'type'), type, profileTypes)]
      : [],
    isLocal && localhostProfile === undefined
      ? [required(field, 'must be set when seccomp type is Localhost')]
      : [],
    isLocal && localhostProfile ? relativePathErrors(localhostProfile, field) : [],
    !isLocal && localhostProfile !== undefined
      ? [invalid(field, profile, 'can only be set when seccomp type is Localhost')]
      : [],
  )
}

const longestProfile = 4095

function appArmorErrors(profile: DraftOf<AppArmorProfile> | undefined, path: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const field = child(path, 'localhostProfile')
  if (type === 'Localhost') {
    const isPadded = localhostProfile !== undefined && localhostProfile.trim() !== localhostProfile
    return all(
      isPadded ? [invalid(field, localhostProfile, 'must not be padded with whitespace')] : [],
      !localhostProfile ? [required(field, 'must be set when AppArmor type is Localhost')] : [],
      (localhostProfile?.length ?? 0) > longestProfile ? [tooLong(field, longestProfile)] : [],
    )
  }
  if (!type) return [required(child(path, 'type'), 'type is required when appArmorProfile is set')]
  if (!profileTypes.includes(type)) return [notSupported(child(path, 'type'), type, profileTypes)]
  const detail = 'can only be set when AppArmor type is Localhost'
  return localhostProfile !== undefined ? [invalid(field, localhostProfile, detail)] : []
}

export function containerSecurityErrors(
  context: DraftOf<SecurityContext> | undefined,
  path: string,
  hasHostUsers: boolean,
): FieldError[] {
  if (!context) return []
  const { allowPrivilegeEscalation, privileged, capabilities, procMount } = context
  const isConfined = allowPrivilegeEscalation === false
  const addsAdmin = capabilities?.add?.includes('CAP_SYS_ADMIN')
  return all(
    unixIdErrors(context.runAsUser, child(path, 'runAsUser')),
    unixIdErrors(context.runAsGroup, child(path, 'runAsGroup')),
    optionErrors(procMount, child(path, 'procMount'), ['Default', 'Unmasked']),
    hasHostUsers && procMount === 'Unmasked'
      ? [
          invalid(
            child(path, 'procMount'),
            procMount,
            '`hostUsers` must be false to use `Unmasked`',
          ),
        ]
      : [],
    seccompErrors(context.seccompProfile, child(path, 'seccompProfile')),
    isConfined && privileged
      ? [
          invalid(
            path,
            context,
            'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
          ),
        ]
      : [],
    isConfined && addsAdmin
      ? [
          invalid(
            path,
            context,
            'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
          ),
        ]
      : [],
    appArmorErrors(context.appArmorProfile, child(path, 'appArmorProfile')),
  )
}

/** A Pod with its own users shares no other namespace with the host. */
export function hostUsersErrors(spec: Spec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return []
  const detail = 'when `pod.Spec.HostUsers` is false'
  return all(
    spec.hostPID ? [forbidden(child(path, 'HostPID'), detail)] : [],
    spec.hostIPC ? [forbidden(child(path, 'HostIPC'), detail)] : [],
    spec.hostNetwork ? [forbidden(child(path, 'hostNetwork'), detail)] : [],
  )
}
