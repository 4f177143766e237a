// What is said of a Pod's spec and its annotations. In: both, and where they stand. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { PodSpec } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'
import { claimSpecWarnings, fractionWarnings } from './claims.ts'
import {
  amountWarnings,
  type Placed,
  placedContainers,
  portWarnings,
  variableWarnings,
} from './containers.ts'
import { nodeLabelWarning, termWarnings } from './node-labels.ts'
import { sourceWarnings } from './volumes.ts'

type Spec = DraftOf<PodSpec>
type Affinity = NonNullable<Spec['affinity']>
type Annotations = Readonly<Record<string, string | undefined>>

export interface PodParts {
  readonly spec: Spec
  readonly annotations: Annotations
  /** Where the Pod stands in its object: '' or 'spec.template'. */
  readonly path: string
}

/** In upstream's order. */
export function podSpecWarnings({ spec, annotations, path }: PodParts): string[] {
  const place = child(path, 'spec')
  const containers = placedContainers(spec, place)
  return [
    ...nodeWarnings(spec, place),
    ...spreadWarnings(spec, place),
    ...oldAnnotationWarnings(annotations, child(path, 'metadata', 'annotations')),
    ...volumeWarnings(spec, child(place, 'volumes')),
    ...tokenPathWarnings(spec, child(place, 'volumes')),
    ...repetitionWarnings(spec, place),
    ...fractionWarnings(spec.overhead, ['memory', 'ephemeral-storage'], child(place, 'overhead')),
    ...profileWarnings({ spec, annotations, path }, containers),
    ...portWarnings(containers),
    ...graceWarnings(spec, place),
    ...affinityWarnings(spec.affinity, child(place, 'affinity')),
  ]
}

function nodeWarnings({ nodeSelector = {}, affinity }: Spec, path: string): string[] {
  const ofSelector = Object.keys(nodeSelector).flatMap((label) => {
    const said = nodeLabelWarning(label)
    return said === undefined ? [] : [`${at(child(path, 'nodeSelector'), label)}: ${said}`]
  })
  const node = affinity?.nodeAffinity
  if (!node) return ofSelector
  const place = child(path, 'affinity', 'nodeAffinity')
  const required = 'requiredDuringSchedulingIgnoredDuringExecution'
  const terms = node[required]?.nodeSelectorTerms ?? []
  const ofRequired = terms.flatMap((term, index) =>
    termWarnings(term, at(`${place}.${required}.nodeSelectorTerms`, index), false),
  )
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  const ofPreferred = (node[preferred] ?? []).flatMap(({ preference = {} }, index) =>
    termWarnings(preference, `${at(`${place}.${preferred}`, index)}.preference`, true),
  )
  return [...ofSelector, ...ofRequired, ...ofPreferred]
}

const matchesNothing = 'a null labelSelector results in matching no pod'

function spreadWarnings({ topologySpreadConstraints = [] }: Spec, path: string): string[] {
  return topologySpreadConstraints.flatMap(({ topologyKey = '', labelSelector }, index) => {
    const place = at(child(path, 'topologySpreadConstraints'), index)
    const said = nodeLabelWarning(topologyKey)
    return [
      ...(said === undefined ? [] : [`${place}.topologyKey: ${topologyKey} is ${said}`]),
      ...(labelSelector ? [] : [`${place}.labelSelector: ${matchesNothing}`]),
    ]
  })
}

const useSysctls = 'non-functional in v1.11+; use the "sysctls" field instead'
const oldAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': useSysctls,
  'security.alpha.kubernetes.io/unsafe-sysctls': useSysctls,
}

function oldAnnotationWarnings(annotations: Annotations, path: string): string[] {
  return Object.entries(oldAnnotations)
    .filter(([key]) => annotations[key] !== undefined)
    .map(([key, said]) => `${at(path, key)}: ${said}`)
}

function volumeWarnings({ volumes = [] }: Spec, path: string): string[] {
  return volumes.flatMap((volume, index) => {
    const place = at(path, index)
    const old = sourceWarnings(volume, place)
    const template = volume.ephemeral?.volumeClaimTemplate
    if (!template) return old
    const claim = child(place, 'ephemeral', 'volumeClaimTemplate.spec')
    return [...old, ...claimSpecWarnings(template.spec, claim)]
  })
}

/** A token's file that another source of a projected volume writes too. */
function tokenPathWarnings({ volumes = [] }: Spec, path: string): string[] {
  const projections = volumes.map(({ projected }) => projected?.sources ?? [])
  const tokens = new Set(
    projections.flat().flatMap(({ serviceAccountToken }) => serviceAccountToken?.path ?? []),
  )
  if (tokens.size === 0) return []
  return projections.flatMap((sources, index) => {
    const place = child(at(path, index), 'projected', 'sources')
    const clashes = (items: readonly { path?: string | undefined }[] | undefined, name: string) =>
      (items ?? []).flatMap(({ path: file = '' }, item) =>
        tokens.has(file) ? [clash(at(child(place, name), item), file)] : [],
      )
    return sources.flatMap(({ configMap, secret, downwardAPI, clusterTrustBundle: bundle }) => [
      ...clashes(configMap?.items, 'configMap'),
      ...clashes(secret?.items, 'secrets'),
      ...clashes(downwardAPI?.items, 'downwardAPI'),
      ...(bundle?.path && tokens.has(bundle.path)
        ? [clash(child(place, 'ClusterTrustBundle'), bundle.path)]
        : []),
    ])
  })
}

function clash(path: string, file: string): string {
  return `${path}: has duplicated path with ServiceAccountToken ${JSON.stringify(file)}`
}

function repetitionWarnings({ hostAliases, imagePullSecrets }: Spec, path: string): string[] {
  const ips = (hostAliases ?? []).map(({ ip = '' }) => ip)
  const secrets = (imagePullSecrets ?? []).map(({ name = '' }) => name)
  const place = child(path, 'imagePullSecrets')
  const empty = secrets.flatMap((name, index) =>
    name === '' ? [`${at(place, index)}.name: invalid empty name ""`] : [],
  )
  return [
    ...repeated(ips, child(path, 'hostAliases'), 'ip'),
    ...repeated(secrets, place, 'name'),
    ...empty,
  ]
}

function repeated(texts: readonly string[], path: string, field: string): string[] {
  return texts.flatMap((text, index) =>
    texts.indexOf(text) < index
      ? [`${at(path, index)}.${field}: duplicate ${field} ${JSON.stringify(text)}`]
      : [],
  )
}

const podSeccomp = 'seccomp.security.alpha.kubernetes.io/pod'
const containerSeccomp = 'container.seccomp.security.alpha.kubernetes.io/'
const containerAppArmor = 'container.apparmor.security.beta.kubernetes.io/'
const useSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const useAppArmor = 'deprecated since v1.30; use the "appArmorProfile" field instead'

/** Profiles given by annotation alone; then what else there is to say of each container. */
function profileWarnings(
  { spec, annotations, path }: PodParts,
  containers: readonly Placed[],
): string[] {
  const { seccompProfile, appArmorProfile } = spec.securityContext ?? {}
  const say = (key: string, said: string) =>
    annotations[key] === undefined
      ? []
      : [`${at(child(path, 'metadata', 'annotations'), key)}: ${said}`]
  const ofContainers = containers.flatMap((placed) => {
    const { name = '', securityContext: own } = placed.container
    const hasAppArmor = appArmorProfile || own?.appArmorProfile
    return [
      ...(own?.seccompProfile ? [] : say(containerSeccomp + name, useSeccomp)),
      // A Pod's own annotation is taken over as the field.
      ...(hasAppArmor || path === '' ? [] : say(containerAppArmor + name, useAppArmor)),
      ...amountWarnings(placed),
      ...variableWarnings(placed),
    ]
  })
  return [...(seccompProfile ? [] : say(podSeccomp, useSeccomp)), ...ofContainers]
}

function graceWarnings({ terminationGracePeriodSeconds: grace = 0 }: Spec, path: string): string[] {
  const said = 'must be >= 0; negative values are invalid and will be treated as 1'
  return grace < 0 ? [`${child(path, 'terminationGracePeriodSeconds')}: ${said}`] : []
}

function affinityWarnings(affinity: Affinity | undefined, path: string): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((side) => {
    const required = 'requiredDuringSchedulingIgnoredDuringExecution'
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
    const { [required]: hard = [], [preferred]: soft = [] } = affinity?.[side] ?? {}
    const place = child(path, side)
    const ofHard = hard.map(({ labelSelector }, index) => ({
      labelSelector,
      path: at(child(place, required), index),
    }))
    const ofSoft = soft.map(({ podAffinityTerm }, index) => ({
      labelSelector: podAffinityTerm?.labelSelector,
      path: child(at(child(place, preferred), index), 'podAffinityTerm'),
    }))
    return [...ofHard, ...ofSoft]
      .filter(({ labelSelector }) => !labelSelector)
      .map((term) => `${term.path}.labelSelector: ${matchesNothing}`)
  })
}
