// A Pod's spec, in a Pod or in a template.

import type { DraftOf } from '../draft.ts'
import { all, duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { aggregateContainers } from '../pod-resources.ts'
import { compareQuantities } from '../quantity.ts'
import type { PodDNSConfig, PodSpec } from '../types.gen.ts'
import {
  choiceErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  each,
  formErrors,
  largestInt32,
  optionalForm,
  rangeErrors,
  repeatedOf,
} from './checks.ts'
import { containersErrors } from './container.ts'
import { at, child } from './field-path.ts'
import { ipErrors } from './ip.ts'
import { labelsErrors, qualifiedNameErrors } from './metadata.ts'
import { dnsLabelProblems, dnsSubdomainProblems, underscoredSubdomainProblems } from './names.ts'
import { requirementsErrors } from './resources.ts'
import { affinityErrors, spreadErrors, tolerationsErrors } from './scheduling.ts'
import { hostUsersErrors, podSecurityErrors } from './security-context.ts'
import { volumesErrors } from './volumes.ts'

type Spec = DraftOf<PodSpec>

export interface PodContext {
  /** The Pod's name; absent for templates. */
  readonly podName: string | undefined
}

export function podSpecErrors(spec: Spec, path: string, { podName }: PodContext): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds
  return all(
    grace === undefined ? [required(child(path, 'terminationGracePeriodSeconds'))] : [],
    volumesErrors(spec.volumes, child(path, 'volumes'), podName),
    resourceClaimsErrors(spec, child(path, 'resourceClaims')),
    containersErrors(spec, path),
    podResourcesErrors(spec, child(path, 'resources')),
    hostNetworkErrors(spec, child(path, 'containers'), podName !== undefined),
    choiceErrors(spec.restartPolicy, child(path, 'restartPolicy'), [
      'Always',
      'OnFailure',
      'Never',
    ]),
    dnsErrors(spec, path),
    labelsErrors(spec.nodeSelector, child(path, 'nodeSelector')),
    podSecurityErrors(spec, child(path, 'securityContext')),
    affinityErrors(spec.affinity, child(path, 'affinity')),
    each(spec.readinessGates, child(path, 'readinessGates'), ({ conditionType = '' }, place) =>
      qualifiedNameErrors(conditionType, child(place, 'conditionType')),
    ),
    gatesErrors(spec, child(path, 'schedulingGates')),
    spreadErrors(spec.topologySpreadConstraints, child(path, 'topologySpreadConstraints')),
    hostUsersErrors(spec, path),
    namesErrors(spec, path),
    deadlineErrors(spec, child(path, 'activeDeadlineSeconds')),
    tolerationsErrors(spec.tolerations, child(path, 'tolerations')),
    hostAliasErrors(spec, child(path, 'hostAliases')),
    spec.preemptionPolicy === undefined
      ? []
      : choiceErrors(spec.preemptionPolicy, child(path, 'preemptionPolicy'), [
          'PreemptLowerPriority',
          'Never',
        ]),
    overheadErrors(spec, child(path, 'overhead')),
    osErrors(spec, child(path, 'os')),
  )
}

function namesErrors(spec: Spec, path: string): FieldError[] {
  return all(
    optionalForm(spec.serviceAccountName, child(path, 'serviceAccountName'), dnsSubdomainProblems),
    optionalForm(spec.nodeName, child(path, 'nodeName'), dnsSubdomainProblems),
    optionalForm(spec.hostname, child(path, 'hostname'), dnsLabelProblems),
    optionalForm(spec.subdomain, child(path, 'subdomain'), dnsLabelProblems),
    optionalForm(spec.priorityClassName, child(path, 'priorityClassName'), dnsSubdomainProblems),
    spec.runtimeClassName === undefined
      ? []
      : formErrors(spec.runtimeClassName, child(path, 'runtimeClassName'), dnsSubdomainProblems),
  )
}

function deadlineErrors({ activeDeadlineSeconds }: Spec, path: string): FieldError[] {
  if (activeDeadlineSeconds === undefined) return []
  return rangeErrors(activeDeadlineSeconds, path, { least: 1, most: largestInt32 })
}

function gatesErrors({ schedulingGates }: Spec, path: string): FieldError[] {
  const repeated = repeatedOf(schedulingGates ?? [], ({ name }) => name)
  return all(
    each(schedulingGates, path, ({ name = '' }, place) => qualifiedNameErrors(name, place)),
    repeated.map(({ element, index }) => duplicate(at(path, index), element.name)),
  )
}

function resourceClaimsErrors({ resourceClaims }: Spec, path: string): FieldError[] {
  const repeated = repeatedOf(resourceClaims ?? [], ({ name }) => name)
  return all(
    each(resourceClaims, path, (claim, place) => {
      const { name, resourceClaimName, resourceClaimTemplateName } = claim
      const both = '`resourceClaimName` or `resourceClaimTemplateName`'
      return all(
        name ? dnsLabelErrors(name, child(place, 'name')) : [required(child(place, 'name'))],
        resourceClaimName !== undefined && resourceClaimTemplateName !== undefined
          ? [invalid(place, claim, `at most one of ${both} may be specified`)]
          : [],
        resourceClaimName === undefined && resourceClaimTemplateName === undefined
          ? [invalid(place, claim, `must specify one of: ${both.replace(' or', ',')}`)]
          : [],
        optionalForm(resourceClaimName, child(place, 'resourceClaimName'), dnsSubdomainProblems),
        optionalForm(
          resourceClaimTemplateName,
          child(place, 'resourceClaimTemplateName'),
          dnsSubdomainProblems,
        ),
      )
    }),
    repeated.map(({ element, index }) => duplicate(child(at(path, index), 'name'), element.name)),
  )
}

/** What the Pod as a whole asks for must cover what its containers ask for. */
function podResourcesErrors(spec: Spec, path: string): FieldError[] {
  const { resources } = spec
  if (!resources) return []
  const { requests = {}, limits = {}, ...others } = resources
  const sums = Object.entries(aggregateContainers(spec, 'requests'))
  return all(
    others.claims
      ? [
          {
            type: 'Forbidden',
            field: child(path, 'claims'),
            detail: 'claims cannot be set for Resources at pod-level',
          },
        ]
      : [],
    requirementsErrors({ requests, limits }, path, { claimNames: [], ofPod: true }),
    sums.flatMap(([name, sum]) => {
      const request = requests[name] ?? '0'
      const detail = `must be greater than or equal to aggregate container requests of ${sum}`
      const isLess = compareQuantities(sum, request) > 0
      return isLess ? [invalid(at(child(path, 'requests'), name), request, detail)] : []
    }),
    containerLimitErrors(spec, path, limits),
  )
}

type Amounts = Readonly<Record<string, string | undefined>>

function containerLimitErrors(spec: Spec, path: string, podLimits: Amounts): FieldError[] {
  return each(spec.containers, child(path, 'containers'), ({ resources }, place) =>
    Object.entries(resources?.limits ?? {}).flatMap(([name, limit = '0']) => {
      const most = podLimits[name]
      if (most === undefined || compareQuantities(limit, most) <= 0) return []
      const detail = `must be less than or equal to pod limits of ${most}`
      return [invalid(child(at(place, name), 'limits'), limit, detail)]
    }),
  )
}

/** In the host's network a container's port is the host's; templates may leave it open. */
function hostNetworkErrors(spec: Spec, path: string, ofPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return []
  const detail = 'must match `containerPort` when `hostNetwork` is true'
  return each(spec.containers, path, ({ ports }, place) =>
    each(ports, child(place, 'ports'), ({ hostPort = 0, containerPort }, portPlace) =>
      (ofPod || hostPort !== 0) && hostPort !== containerPort
        ? [invalid(child(portPlace, 'hostPort'), hostPort, detail)]
        : [],
    ),
  )
}

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

function dnsErrors({ dnsPolicy, dnsConfig }: Spec, path: string): FieldError[] {
  const place = child(path, 'dnsConfig')
  const errors = choiceErrors(dnsPolicy, child(path, 'dnsPolicy'), dnsPolicies)
  if (dnsPolicy === 'None' && !dnsConfig) {
    return [...errors, required(place, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  }
  if (dnsPolicy === 'None' && !dnsConfig?.nameservers?.length) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
    return [...errors, required(child(place, 'nameservers'), detail)]
  }
  return all(errors, dnsConfig ? dnsConfigErrors(dnsConfig, place) : [])
}

function dnsConfigErrors(config: DraftOf<PodDNSConfig>, path: string): FieldError[] {
  const { nameservers = [], searches = [], options } = config
  const searchPath = child(path, 'searches')
  return all(
    nameservers.length > 3
      ? [invalid(child(path, 'nameservers'), nameservers, 'must not have more than 3 nameservers')]
      : [],
    each(nameservers, child(path, 'nameservers'), ipErrors),
    searches.length > 32
      ? [invalid(searchPath, searches, 'must not have more than 32 search paths')]
      : [],
    searches.join(' ').length > 2048
      ? [
          invalid(
            searchPath,
            searches,
            'must not have more than 2048 characters (including spaces) in the search list',
          ),
        ]
      : [],
    each(searches, searchPath, (search, place) =>
      search === '.'
        ? []
        : formErrors(search.replace(/\.$/, ''), place, underscoredSubdomainProblems),
    ),
    each(options, child(path, 'options'), ({ name }, place) =>
      !name ? [required(place, 'must not be empty')] : [],
    ),
  )
}

function hostAliasErrors({ hostAliases }: Spec, path: string): FieldError[] {
  return each(hostAliases, path, ({ ip = '', hostnames }, place) =>
    all(
      ipErrors(ip, child(place, 'ip')),
      each(hostnames, child(place, 'hostnames'), dnsSubdomainErrors),
    ),
  )
}

function overheadErrors({ overhead }: Spec, path: string): FieldError[] {
  return overhead ? requirementsErrors({ limits: overhead }, path, { claimNames: [] }) : []
}

function osErrors({ os }: Spec, path: string): FieldError[] {
  if (!os) return []
  if (!os.name) return [required(child(path, 'name'), 'cannot be empty')]
  const known = ['linux', 'windows']
  return !known.includes(os.name) ? [notSupported(path, os.name, known)] : []
}
