// What is said of a Pod's spec and its annotations. In: both, and where they stand. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type { PodSpec } from '../types.gen.ts'
import { each, eachEntry, repeatedOf, when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { type Annotations, annotationWarnings } from './annotations.ts'
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

export interface PodParts {
  readonly spec: Spec
  readonly annotations: Annotations
  /** Where the Pod stands in its object: '' or 'spec.template'. */
  readonly path: string
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

/** In upstream's order. */
export function podSpecWarnings({ spec, annotations, path }: PodParts): string[] {
  const place = child(path, 'spec')
  const ofMetadata = child(path, 'metadata', 'annotations')
  const containers = placedContainers(spec, place)
  return all(
    nodeWarnings(spec, place),
    spreadWarnings(spec, place),
    annotationWarnings(annotations, oldAnnotations, ofMetadata),
    each(spec.volumes, child(place, 'volumes'), volumeWarnings),
    tokenPathWarnings(spec, child(place, 'volumes')),
    repetitionWarnings(spec, place),
    fractionWarnings(spec.overhead, 'memory', child(place, 'overhead')),
    fractionWarnings(spec.overhead, 'ephemeral-storage', child(place, 'overhead')),
    profileWarnings({ spec, annotations, path: ofMetadata }, containers, path !== ''),
    portWarnings(containers),
    graceWarnings(spec, place),
    affinityWarnings(spec.affinity?.podAffinity, child(place, 'affinity', 'podAffinity')),
    affinityWarnings(spec.affinity?.podAntiAffinity, child(place, 'affinity', 'podAntiAffinity')),
  )
}

function nodeWarnings({ nodeSelector, affinity }: Spec, path: string): string[] {
  const { [required]: hard, [preferred]: soft } = affinity?.nodeAffinity ?? {}
  const place = child(path, 'affinity', 'nodeAffinity')
  return all(
    eachEntry(nodeSelector, child(path, 'nodeSelector'), (label, _value, entry) => {
      const said = nodeLabelWarning(label)
      return when(said !== undefined, `${entry}: ${said}`)
    }),
    each(hard?.nodeSelectorTerms, child(place, required, 'nodeSelectorTerms'), (term, each) =>
      termWarnings(term, each, false),
    ),
    each(soft, child(place, preferred), ({ preference = {} }, each) =>
      termWarnings(preference, child(each, 'preference'), true),
    ),
  )
}

function nullSelector(selector: unknown, path: string): string[] {
  const said = 'a null labelSelector results in matching no pod'
  return when(!selector, `${child(path, 'labelSelector')}: ${said}`)
}

function spreadWarnings({ topologySpreadConstraints: list }: Spec, path: string): string[] {
  const place = child(path, 'topologySpreadConstraints')
  return each(list, place, ({ topologyKey = '', labelSelector }, each) => {
    const said = nodeLabelWarning(topologyKey)
    return all(
      when(said !== undefined, `${child(each, 'topologyKey')}: ${topologyKey} is ${said}`),
      nullSelector(labelSelector, each),
    )
  })
}

const useSysctls = 'non-functional in v1.11+; use the "sysctls" field instead'
const oldAnnotations = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': useSysctls,
  'security.alpha.kubernetes.io/unsafe-sysctls': useSysctls,
}

function volumeWarnings(volume: NonNullable<Spec['volumes']>[number], path: string): string[] {
  const template = volume.ephemeral?.volumeClaimTemplate
  const claim = child(path, 'ephemeral', 'volumeClaimTemplate.spec')
  return all(sourceWarnings(volume, path), template ? claimSpecWarnings(template.spec, claim) : [])
}

/** A token's file that another source of a projected volume writes too. */
function tokenPathWarnings({ volumes }: Spec, path: string): string[] {
  const sources = (volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  const tokens = new Set(sources.map(({ serviceAccountToken }) => serviceAccountToken?.path))
  const clash = ({ path: file }: { path?: string | undefined }, place: string) =>
    when(
      file !== undefined && tokens.has(file),
      `${place}: has duplicated path with ServiceAccountToken ${JSON.stringify(file)}`,
    )
  return each(volumes, path, ({ projected }, volume) => {
    const place = child(volume, 'projected', 'sources')
    return (projected?.sources ?? []).flatMap(
      ({ configMap, secret, downwardAPI, clusterTrustBundle }) =>
        all(
          each(configMap?.items, child(place, 'configMap'), clash),
          each(secret?.items, child(place, 'secrets'), clash),
          each(downwardAPI?.items, child(place, 'downwardAPI'), clash),
          clash(clusterTrustBundle ?? {}, child(place, 'ClusterTrustBundle')),
        ),
    )
  })
}

function repetitionWarnings({ hostAliases, imagePullSecrets }: Spec, path: string): string[] {
  const place = child(path, 'imagePullSecrets')
  const names = (imagePullSecrets ?? []).map(({ name = '' }) => name)
  const ips = (hostAliases ?? []).map(({ ip = '' }) => ip)
  return all(
    repeated(ips, child(path, 'hostAliases'), 'ip'),
    repeated(names, place, 'name'),
    each(names, place, (name, each) =>
      when(name === '', `${child(each, 'name')}: invalid empty name ""`),
    ),
  )
}

/** Quoted, the empty text is one among others. */
function repeated(texts: readonly string[], path: string, field: string): string[] {
  return repeatedOf(texts, (text) => JSON.stringify(text)).map(
    ({ element, index }) =>
      `${child(at(path, index), field)}: duplicate ${field} ${JSON.stringify(element)}`,
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
  isTemplate: boolean,
): string[] {
  const { seccompProfile, appArmorProfile } = spec.securityContext ?? {}
  const say = (has: unknown, key: string, said: string) =>
    has ? [] : annotationWarnings(annotations, { [key]: said }, path)
  const ofContainers = containers.flatMap((placed) => {
    const { name = '', securityContext: own } = placed.container
    // A Pod's own annotation is taken over as the field.
    const hasAppArmor = !isTemplate || appArmorProfile || own?.appArmorProfile
    return all(
      say(own?.seccompProfile, containerSeccomp + name, useSeccomp),
      say(hasAppArmor, containerAppArmor + name, useAppArmor),
      amountWarnings(placed),
      variableWarnings(placed),
    )
  })
  return all(say(seccompProfile, podSeccomp, useSeccomp), ofContainers)
}

function graceWarnings({ terminationGracePeriodSeconds: grace = 0 }: Spec, path: string): string[] {
  const said = 'must be >= 0; negative values are invalid and will be treated as 1'
  return when(grace < 0, `${child(path, 'terminationGracePeriodSeconds')}: ${said}`)
}

function affinityWarnings(side: Affinity['podAffinity'], path: string): string[] {
  return all(
    each(side?.[required], child(path, required), ({ labelSelector }, each) =>
      nullSelector(labelSelector, each),
    ),
    each(side?.[preferred], child(path, preferred), ({ podAffinityTerm }, each) =>
      nullSelector(podAffinityTerm?.labelSelector, child(each, 'podAffinityTerm')),
    ),
  )
}
