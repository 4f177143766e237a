// Services: types, ports, addresses, traffic policies, and what of them may change.

import type { DraftOf } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../field-error.ts'
import type { LoadBalancerStatus, Service, ServiceSpec } from '../types.gen.ts'
import {
  choiceErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  each,
  optionErrors,
  portErrors,
  portNumberErrors,
  repeatedOf,
  when,
} from './checks.ts'
import { at } from './field-path.ts'
import { cidrErrors, familyOf, ipErrors, nonSpecialErrors } from './ip.ts'
import { labelsErrors, qualifiedNameErrors } from './metadata.ts'

type Spec = DraftOf<ServiceSpec>

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

export function serviceErrors({ spec = {} }: DraftOf<Service>): FieldError[] {
  const needsPorts = !isHeadless(spec) && spec.type !== 'ExternalName'
  return [
    ...when(needsPorts && !spec.ports?.length, required('spec.ports')),
    ...typeErrors(spec),
    ...portsErrors(spec),
    ...labelsErrors(spec.selector, 'spec.selector'),
    ...affinityErrors(spec),
    ...serviceAddressErrors(spec),
    ...each(spec.externalIPs, 'spec.externalIPs', (ip, place) => {
      const errors = ipErrors(ip, place)
      return errors.length > 0 ? errors : nonSpecialErrors(ip, place)
    }),
    ...choiceErrors(spec.type, 'spec.type', types),
    ...nodePortErrors(spec),
    ...repeatedPortErrors(spec),
    ...loadBalancerErrors(spec),
    ...externalTrafficErrors(spec),
    ...internalTrafficErrors(spec),
  ]
}

function isHeadless({ clusterIP, clusterIPs }: Spec): boolean {
  return clusterIP === 'None' || clusterIPs?.[0] === 'None'
}

function typeErrors(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return externalNameErrors(spec)
  const isPublished = spec.type === 'LoadBalancer' || spec.type === 'NodePort'
  const detail = `may not be set to 'None' for ${spec.type} services`
  return when(isPublished && isHeadless(spec), invalid('spec.clusterIPs[0]', 'None', detail))
}

function externalNameErrors(spec: Spec): FieldError[] {
  const detail = 'may not be set for ExternalName services'
  const name = spec.externalName?.replace(/\.$/, '') ?? ''
  return [
    ...when(spec.clusterIPs?.length, forbidden('spec.clusterIPs', detail)),
    ...when(spec.ipFamilies?.length, forbidden('spec.ipFamilies', detail)),
    ...when(spec.ipFamilyPolicy !== undefined, forbidden('spec.ipFamilyPolicy', detail)),
    ...(name ? dnsSubdomainErrors(name, 'spec.externalName') : [required('spec.externalName')]),
  ]
}

function portsErrors({ ports }: Spec): FieldError[] {
  const needsNames = (ports?.length ?? 0) > 1
  const repeated = repeatedOf(ports ?? [], ({ name }) => name)
  return [
    ...each(ports, 'spec.ports', (port, place) => [
      ...when(needsNames && !port.name, required(`${place}.name`)),
      ...(port.name ? dnsLabelErrors(port.name, `${place}.name`) : []),
      ...portNumberErrors(port.port ?? 0, `${place}.port`),
      ...choiceErrors(port.protocol, `${place}.protocol`, ['SCTP', 'TCP', 'UDP']),
      ...portErrors(port.targetPort, `${place}.targetPort`),
      ...(port.appProtocol ? qualifiedNameErrors(port.appProtocol, `${place}.appProtocol`) : []),
    ]),
    ...repeated.map(({ element, index }) =>
      duplicate(`${at('spec.ports', index)}.name`, element.name),
    ),
  ]
}

const longestAffinitySeconds = 86_400

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: Spec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  const errors = choiceErrors(sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None'])
  if (sessionAffinity === 'None') {
    const detail = 'must not be set when session affinity is None'
    return [...errors, ...when(config, forbidden(path, detail))]
  }
  if (sessionAffinity !== 'ClientIP') return errors
  const seconds = config?.clientIP?.timeoutSeconds
  const place = `${path}.clientIP.timeoutSeconds`
  if (seconds === undefined)
    return [...errors, required(place, 'when session affinity type is ClientIP')]
  const isOutside = seconds <= 0 || seconds > longestAffinitySeconds
  const detail = `must be greater than 0 and less than ${longestAffinitySeconds}`
  return [...errors, ...when(isOutside, invalid(place, seconds, detail))]
}

const families = ['IPv4', 'IPv6']
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** Cluster addresses and families belong together: one of each family, in the same order. */
export function serviceAddressErrors(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const path = 'spec.clusterIPs'
  const malformed = malformedErrors(clusterIPs)
  const isRepeated = clusterIPs.length > 1 && !isOfBothFamilies(clusterIPs)
  return [
    ...firstAddressErrors(spec),
    ...each(ipFamilies, 'spec.ipFamilies', (family, place) =>
      optionErrors(family, place, families),
    ),
    ...repeatedOf(ipFamilies, (family) => family).map(({ element, index }) =>
      duplicate(at('spec.ipFamilies', index), element),
    ),
    ...optionErrors(ipFamilyPolicy, 'spec.ipFamilyPolicy', familyPolicies),
    ...malformed,
    ...when(clusterIPs.length > 2, invalid(path, clusterIPs, 'may only hold up to 2 values')),
    ...(malformed.length > 0
      ? []
      : [
          ...when(
            isRepeated,
            invalid(path, clusterIPs, 'may specify no more than one IP for each IP family'),
          ),
          ...familyErrors(spec),
        ]),
  ]
}

function firstAddressErrors({ clusterIP = '', clusterIPs = [] }: Spec): FieldError[] {
  const path = 'spec.clusterIPs'
  if (clusterIP === '') {
    const detail = 'must be empty when `clusterIP` is not specified'
    return when(clusterIPs.length > 0, invalid(path, clusterIPs, detail))
  }
  if (clusterIPs.length === 0) return [required(path)]
  const detail = 'first value must match `clusterIP`'
  return when(clusterIPs[0] !== clusterIP, invalid(path, clusterIPs, detail))
}

function malformedErrors(clusterIPs: readonly string[]): FieldError[] {
  const path = 'spec.clusterIPs'
  const only = "'None' must be the first and only value"
  return each(clusterIPs, path, (ip, place, index) =>
    index === 0 && ip === 'None'
      ? when(clusterIPs.length > 1, invalid(path, clusterIPs, only))
      : ipErrors(ip, place),
  )
}

function isOfBothFamilies(addresses: readonly string[]): boolean {
  const found = addresses.map(familyOf)
  return found.includes('IPv4') && found.includes('IPv6')
}

function familyErrors(spec: Spec): FieldError[] {
  const { clusterIPs, ipFamilies = [] } = spec
  if (isHeadless(spec)) return []
  return each(clusterIPs, 'spec.clusterIPs', (ip, place, index) => {
    const family = ipFamilies[index]
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    return when(family !== undefined && familyOf(ip) !== family, invalid(place, ip, detail))
  })
}

function nodePortErrors({ type, ports = [] }: Spec): FieldError[] {
  const detail = "may not be used when `type` is 'ClusterIP'"
  const taken = repeatedOf(ports, ({ protocol, nodePort }) =>
    nodePort ? `${protocol}/${nodePort}` : undefined,
  )
  return [
    ...each(ports, 'spec.ports', ({ nodePort }, place) =>
      when(type === 'ClusterIP' && nodePort, forbidden(`${place}.nodePort`, detail)),
    ),
    ...taken.map(({ element, index }) =>
      duplicate(`${at('spec.ports', index)}.nodePort`, element.nodePort),
    ),
  ]
}

function repeatedPortErrors({ ports = [] }: Spec): FieldError[] {
  return repeatedOf(ports, ({ protocol, port }) => `${protocol}/${port}`).map(
    ({ element: { protocol, port }, index }) =>
      duplicate(at('spec.ports', index), { protocol, port, targetPort: 0 }),
  )
}

function loadBalancerErrors(spec: Spec): FieldError[] {
  const isBalanced = spec.type === 'LoadBalancer'
  const detail = "may only be used when `type` is 'LoadBalancer'"
  const ranges = spec.loadBalancerSourceRanges ?? []
  const { allocateLoadBalancerNodePorts: allocates, loadBalancerClass } = spec
  const classPath = 'spec.loadBalancerClass'
  return [
    ...when(!isBalanced && ranges.length > 0, forbidden('spec.LoadBalancerSourceRanges', detail)),
    ...each(ranges, 'spec.LoadBalancerSourceRanges', (range, place) =>
      cidrErrors(range.trim(), place),
    ),
    ...when(
      !isBalanced && allocates !== undefined,
      forbidden('spec.allocateLoadBalancerNodePorts', detail),
    ),
    ...when(isBalanced && allocates === undefined, required('allocateLoadBalancerNodePorts')),
    ...when(!isBalanced && loadBalancerClass !== undefined, forbidden(classPath, detail)),
    ...(isBalanced && loadBalancerClass !== undefined
      ? qualifiedNameErrors(loadBalancerClass, classPath)
      : []),
  ]
}

function isPublished({ type, externalIPs }: Spec): boolean {
  const isReachable = type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0
  return type === 'LoadBalancer' || type === 'NodePort' || isReachable
}

function needsHealthCheck({ type, externalTrafficPolicy }: Spec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

function externalTrafficErrors(spec: Spec): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort: port = 0 } = spec
  const path = 'spec.externalTrafficPolicy'
  const portPath = 'spec.healthCheckNodePort'
  const onlyLocal =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [
    ...(isPublished(spec)
      ? choiceErrors(policy, path, ['Cluster', 'Local'])
      : when(policy, invalid(path, policy, 'may only be set for externally-accessible services'))),
    ...when(!needsHealthCheck(spec) && port !== 0, invalid(portPath, port, onlyLocal)),
    ...when(needsHealthCheck(spec) && port === 0, required(portPath)),
    ...(needsHealthCheck(spec) && port !== 0 ? portNumberErrors(port, portPath) : []),
  ]
}

const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone']

function internalTrafficErrors(spec: Spec): FieldError[] {
  const { type, internalTrafficPolicy, trafficDistribution } = spec
  const path = 'spec.internalTrafficPolicy'
  return [
    ...when(type !== 'ExternalName' && internalTrafficPolicy === undefined, required(path)),
    ...optionErrors(internalTrafficPolicy, path, ['Cluster', 'Local']),
    ...when(
      trafficDistribution !== undefined && !distributions.includes(trafficDistribution),
      notSupported('spec.trafficDistribution', trafficDistribution, distributions),
    ),
  ]
}

/** Addresses and families stay, except on the way to or from ExternalName. */
export function serviceUpdateErrors(
  { spec = {} }: DraftOf<Service>,
  { spec: before = {} }: DraftOf<Service>,
): FieldError[] {
  return [
    ...(spec.type === 'ExternalName' || before.type === 'ExternalName'
      ? []
      : addressUpdateErrors(spec, before)),
    ...classUpdateErrors(spec, before),
    ...when(
      needsHealthCheck(before) &&
        needsHealthCheck(spec) &&
        spec.healthCheckNodePort !== before.healthCheckNodePort,
      forbidden('spec.healthCheckNodePort', 'field is immutable'),
    ),
  ]
}

/** Headless Services have no addresses to keep, and may change their families. */
function addressUpdateErrors(spec: Spec, before: Spec): FieldError[] {
  if (isHeadless(spec) && isHeadless(before)) return []
  return [
    ...keptErrors(spec, before, 'clusterIPs'),
    ...(isHeadless(spec) || isHeadless(before) ? [] : keptErrors(spec, before, 'ipFamilies')),
  ]
}

const keptWords = { clusterIPs: 'clusterIP', ipFamilies: 'ipFamily' } as const

/** What a Service was given stays, in its order; the second one may come, and go with the policy. */
function keptErrors(spec: Spec, before: Spec, list: 'clusterIPs' | 'ipFamilies'): FieldError[] {
  const path = `spec.${list}`
  const [next, old] = [spec[list] ?? [], before[list] ?? []]
  const changed = (index: number) => invalid(at(path, index), next, 'may not change once set')
  if (next.length === old.length) {
    return old.flatMap((value, index) =>
      value === next[index] ? [] : [changed(list === 'clusterIPs' ? index : 0)],
    )
  }
  const word = keptWords[list]
  const isReleased = next.length === 1 && spec.ipFamilyPolicy !== 'SingleStack'
  const release = `must be set to 'SingleStack' when releasing the secondary ${word}`
  return [
    ...when(next.length === 0, invalid(at(path, 0), next, `primary ${word} can not be unset`)),
    ...when(old.length > 0 && next.length > 0 && next[0] !== old[0], changed(0)),
    ...when(
      old.length > next.length && isReleased,
      invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, release),
    ),
  ]
}

function classUpdateErrors(spec: Spec, before: Spec): FieldError[] {
  const isKept = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer'
  const isChanged = spec.loadBalancerClass !== before.loadBalancerClass
  const path = 'spec.loadBalancerClass'
  return when(
    isKept && isChanged,
    invalid(path, spec.loadBalancerClass ?? null, 'may not change once set'),
  )
}

export function serviceStatusErrors({ spec, status }: DraftOf<Service>): FieldError[] {
  return loadBalancerStatusErrors(status?.loadBalancer, spec?.type ?? '')
}

function loadBalancerStatusErrors(
  status: DraftOf<LoadBalancerStatus> | undefined,
  type: string,
): FieldError[] {
  const path = 'status.loadBalancer.ingress'
  if (type !== 'LoadBalancer' && status?.ingress?.length) {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  return each(status?.ingress, path, ({ ip, ipMode, hostname }, place) => [
    ...(ip ? ipErrors(ip, `${place}.ip`) : []),
    ...when(ip && !ipMode, required(`${place}.ipMode`, 'must be specified when `ip` is set')),
    ...when(
      !ip && ipMode,
      forbidden(`${place}.ipMode`, 'may not be specified when `ip` is not set'),
    ),
    ...(ip ? optionErrors(ipMode, `${place}.ipMode`, ['Proxy', 'VIP']) : []),
    ...(hostname ? dnsSubdomainErrors(hostname, `${place}.hostname`) : []),
    ...when(
      hostname && familyOf(hostname),
      invalid(`${place}.hostname`, hostname, 'must be a DNS name, not an IP address'),
    ),
  ])
}
