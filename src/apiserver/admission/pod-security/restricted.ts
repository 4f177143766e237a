// The checks of the level restricted: a Pod is hardened as current practice advises.
// Source of rules and words: the Pod Security Standards, Kubernetes 1.36.

import { seccompSet } from './baseline.ts'
import {
  badContainers,
  isInUserNamespace,
  named,
  type PodCheck,
  plural,
  quoted,
  settersText,
  sortedSet,
} from './check.ts'

/** What cannot be set for Windows cannot be asked for there. */
export function exceptWindows(check: PodCheck): PodCheck {
  return (pod) => (pod.spec.os?.name === 'windows' ? undefined : check(pod))
}

export function exceptUserNamespaces(check: PodCheck): PodCheck {
  return (pod) => (isInUserNamespace(pod.spec) ? undefined : check(pod))
}

export const allowPrivilegeEscalation: PodCheck = ({ spec }) => {
  const containers = badContainers(spec, (context) => context?.allowPrivilegeEscalation !== false)
  if (containers.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

export const capabilitiesRestricted: PodCheck = ({ spec }) => {
  const added: string[] = []
  const keeping = badContainers(spec, (context) => !context?.capabilities?.drop?.includes('ALL'))
  const adding = badContainers(spec, (context) => {
    const bad = (context?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
    added.push(...bad)
    return bad.length > 0
  })
  const details = [
    ...(keeping.length > 0
      ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${named(adding)} must not include ${quoted(sortedSet(added))} in securityContext.capabilities.add`,
        ]
      : []),
  ]
  if (details.length === 0) return undefined
  return { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image'],
  ...['persistentVolumeClaim', 'projected', 'secret'],
] as const

const restrictedVolumeTypes = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi'],
  ...['glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile'],
  ...['vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume'],
  ...['scaleIO', 'storageos'],
] as const

export const restrictedVolumes: PodCheck = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) =>
    allowedVolumes.every((type) => volume[type as keyof typeof volume] === undefined),
  )
  if (bad.length === 0) return undefined
  const types = sortedSet(
    bad.map(
      (volume) =>
        restrictedVolumeTypes.find((type) => volume[type as keyof typeof volume] !== undefined) ??
        'unknown',
    ),
  )
  const names = bad.map(({ name = '' }) => name)
  const use = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${named(names, 'volume')} ${use} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

export const runAsNonRoot: PodCheck = ({ spec }) => {
  const ofPod = spec.securityContext?.runAsNonRoot
  const reason = 'runAsNonRoot != true'
  const explicit = badContainers(spec, (context) => context?.runAsNonRoot === false)
  const setters = settersText(ofPod === false, explicit)
  if (setters) {
    return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  }
  if (ofPod) return undefined
  const implicit = badContainers(spec, (context) => context?.runAsNonRoot === undefined)
  if (implicit.length === 0) return undefined
  return {
    reason,
    detail: `pod or ${named(implicit)} must set securityContext.runAsNonRoot=true`,
  }
}

export const runAsUser: PodCheck = ({ spec }) => {
  const containers = badContainers(spec, (context) => context?.runAsUser === 0)
  const setters = settersText(spec.securityContext?.runAsUser === 0, containers)
  return setters
    ? { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
    : undefined
}

export const seccompProfileRestricted: PodCheck = ({ spec }) => {
  const ofPod = spec.securityContext?.seccompProfile
  const isGood = (type: string | undefined) => type === 'Localhost' || type === 'RuntimeDefault'
  const types: string[] = []
  const isBad = (profile: typeof ofPod) => {
    const found = profile !== undefined && !isGood(profile.type)
    if (found) types.push(profile.type ?? '')
    return found
  }
  const isPodBad = isBad(ofPod)
  const explicit = badContainers(spec, (context) => isBad(context?.seccompProfile))
  const setters = settersText(isPodBad, explicit)
  if (setters) return seccompSet(setters, types)
  if (ofPod) return undefined
  const implicit = badContainers(spec, (context) => context?.seccompProfile === undefined)
  if (implicit.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}
