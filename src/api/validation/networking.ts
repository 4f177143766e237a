// Ingresses, IngressClasses and NetworkPolicies.

import type { DraftOf } from '../draft.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../types.gen.ts'
import {
  choiceErrors,
  dnsSubdomainErrors,
  each,
  fixedErrors,
  formErrors,
  labelSelectorErrors,
  optionalForm,
  portNumberErrors,
  when,
} from './checks.ts'
import { child } from './field-path.ts'
import { blockOf, cidrErrors, familyOf, isStrictlyWithin } from './ip.ts'
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  pathSegmentProblems,
  portNameProblems,
  wildcardSubdomainProblems,
} from './names.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

export function ingressErrors({ spec = {} }: DraftOf<Ingress>): FieldError[] {
  const isEmpty = !spec.rules?.length && !spec.defaultBackend
  const detail = 'either `defaultBackend` or `rules` must be specified'
  return [
    ...when(isEmpty, invalid('spec', spec.rules ?? null, detail)),
    ...(spec.defaultBackend ? backendErrors(spec.defaultBackend, 'spec.defaultBackend') : []),
    ...rulesErrors(spec.rules),
    ...each(spec.tls, 'spec.tls', ({ hosts, secretName }, place) => [
      ...each(hosts, `${place}.hosts`, (host, hostPlace) =>
        formErrors(
          host,
          hostPlace,
          host.includes('*') ? wildcardSubdomainProblems : dnsSubdomainProblems,
        ),
      ),
      ...optionalForm(secretName, `${place}.secretName`, dnsSubdomainProblems),
    ]),
    ...(spec.ingressClassName === undefined
      ? []
      : formErrors(spec.ingressClassName, 'spec.ingressClassName', dnsSubdomainProblems)),
  ]
}

type Rules = NonNullable<DraftOf<Ingress>['spec']>['rules']

function rulesErrors(rules: Rules): FieldError[] {
  return each(rules, 'spec.rules', ({ host, http }, place) => [
    ...hostErrors(host, `${place}.host`),
    ...when(http && !http.paths?.length, required(`${place}.http.paths`)),
    ...each(http?.paths, `${place}.http.paths`, pathErrors),
  ])
}

function hostErrors(host: string | undefined, path: string): FieldError[] {
  if (!host) return []
  if (familyOf(host)) return [invalid(path, host, 'must be a DNS name, not an IP address')]
  const isWild = host.includes('*')
  return formErrors(host, path, isWild ? wildcardSubdomainProblems : dnsSubdomainProblems)
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEnds = ['/..', '/.']

function pathErrors(entry: DraftOf<HTTPIngressPath>, path: string): FieldError[] {
  const { pathType, path: text = '', backend = {} } = entry
  const place = child(path, 'path')
  const types = ['Exact', 'ImplementationSpecific', 'Prefix']
  if (!pathType) {
    return [required(child(path, 'pathType'), 'pathType must be specified')]
  }
  const isStrict = pathType === 'Exact' || pathType === 'Prefix'
  return [
    ...when(!types.includes(pathType), notSupported(child(path, 'pathType'), pathType, types)),
    ...when(isStrict && !text.startsWith('/'), invalid(place, text, 'must be an absolute path')),
    ...when(
      !isStrict && text !== '' && !text.startsWith('/'),
      invalid(place, text, 'must be an absolute path'),
    ),
    ...(isStrict ? sequenceErrors(text, place) : []),
    ...backendErrors(backend, child(path, 'backend')),
  ]
}

function sequenceErrors(text: string, path: string): FieldError[] {
  return [
    ...badSequences
      .filter((sequence) => text.includes(sequence))
      .map((sequence) => invalid(path, text, `must not contain '${sequence}'`)),
    ...badEnds
      .filter((end) => text.endsWith(end))
      .map((end) => invalid(path, text, `cannot end with '${end}'`)),
  ]
}

function backendErrors({ service, resource }: DraftOf<IngressBackend>, path: string): FieldError[] {
  if (resource && service) {
    return [invalid(path, '', 'cannot set both resource and service backends')]
  }
  if (resource) {
    return [
      ...when(!resource.kind, required(child(path, 'resource', 'kind'))),
      ...when(!resource.name, required(child(path, 'resource', 'name'))),
    ]
  }
  if (!service) return [invalid(path, '', 'resource or service backend is required')]
  const place = child(path, 'service')
  const { name, port = {} } = service
  return [
    ...(name
      ? formErrors(name, child(place, 'name'), dnsLabelProblems)
      : [required(child(place, 'name'))]),
    ...backendPortErrors(port, path),
  ]
}

function backendPortErrors(
  { name, number }: { name?: string | undefined; number?: number | undefined },
  path: string,
): FieldError[] {
  if (name && number) return [invalid(path, '', 'cannot set both port name & port number')]
  if (name) return formErrors(name, child(path, 'service.port.name'), portNameProblems)
  if (number) return portNumberErrors(number, child(path, 'service.port.number'))
  return [required(path, 'port name or number is required')]
}

export function ingressCreateErrors({ metadata, spec }: DraftOf<Ingress>): FieldError[] {
  const annotated = metadata?.annotations?.[classAnnotation]
  const isOther =
    annotated !== undefined &&
    spec?.ingressClassName !== undefined &&
    annotated !== spec.ingressClassName
  const detail = 'must match `ingressClassName` when both are specified'
  return when(isOther, invalid(`annotations.${classAnnotation}`, annotated, detail))
}

const longestController = 250

export function ingressClassErrors({ spec }: DraftOf<IngressClass>): FieldError[] {
  const { controller = '', parameters } = spec ?? {}
  const parts = controller.split('/')
  const isPrefixed = parts.length >= 2 && parts[0] !== '' && parts[1] !== ''
  const tooLong = {
    type: 'TooLong',
    field: 'spec.controller',
    detail: `may not be more than ${longestController} bytes`,
  } as const
  return [
    ...when(controller.length > longestController, tooLong),
    ...(controller === ''
      ? [required('spec.controller')]
      : isPrefixed
        ? dnsSubdomainErrors(parts[0] ?? '', 'spec.controller')
        : [
            invalid(
              'spec.controller',
              controller,
              'must be a domain-prefixed path (such as "acme.io/foo")',
            ),
          ]),
    ...(parameters ? parametersErrors(parameters, 'spec.parameters') : []),
  ]
}

type Parameters = NonNullable<NonNullable<DraftOf<IngressClass>['spec']>['parameters']>

function parametersErrors(parameters: Parameters, path: string): FieldError[] {
  const { apiGroup, kind, name } = parameters
  return [
    ...(apiGroup === undefined
      ? []
      : formErrors(apiGroup, child(path, 'apiGroup'), dnsSubdomainProblems)),
    ...(kind
      ? formErrors(kind, child(path, 'kind'), pathSegmentProblems)
      : [required(child(path, 'kind'), 'kind is required')]),
    ...(name
      ? formErrors(name, child(path, 'name'), pathSegmentProblems)
      : [required(child(path, 'name'), 'name is required')]),
    ...choiceErrors(parameters.scope, child(path, 'scope'), ['Cluster', 'Namespace']),
    ...(parameters.namespace
      ? formErrors(parameters.namespace, child(path, 'namespace'), dnsLabelProblems)
      : []),
    ...when(
      parameters?.scope === 'Namespace' && !parameters.namespace,
      required('spec.parameters.namespace', "`parameters.scope` is set to 'Namespace'"),
    ),
    ...when(
      parameters?.scope === 'Cluster' && parameters.namespace,
      forbidden('spec.parameters.namespace', "`parameters.scope` is set to 'Cluster'"),
    ),
  ]
}

export function ingressClassUpdateErrors(
  next: DraftOf<IngressClass>,
  previous: DraftOf<IngressClass>,
): FieldError[] {
  return fixedErrors(next.spec?.controller, previous.spec?.controller, 'spec.controller')
}

export function networkPolicyErrors({ spec = {} }: DraftOf<NetworkPolicy>): FieldError[] {
  const types = ['Ingress', 'Egress']
  const listed = spec.policyTypes ?? []
  return [
    ...labelSelectorErrors(spec.podSelector, 'spec.podSelector'),
    ...each(spec.ingress, 'spec.ingress', ({ ports, from }, place) => [
      ...each(ports, `${place}.ports`, policyPortErrors),
      ...each(from, `${place}.from`, peerErrors),
    ]),
    ...each(spec.egress, 'spec.egress', ({ ports, to }, place) => [
      ...each(ports, `${place}.ports`, policyPortErrors),
      ...each(to, `${place}.to`, peerErrors),
    ]),
    ...(listed.length > types.length
      ? [invalid('spec.policyTypes', listed, 'may not specify more than two policyTypes')]
      : each(listed, 'spec.policyTypes', (type, place) =>
          when(!types.includes(type), notSupported(place, type, types)),
        )),
  ]
}

function policyPortErrors(entry: DraftOf<NetworkPolicyPort>, path: string): FieldError[] {
  const { protocol, port, endPort } = entry
  const protocols = ['TCP', 'UDP', 'SCTP']
  const place = child(path, 'endPort')
  return [
    ...when(
      protocol !== undefined && !protocols.includes(protocol),
      notSupported(child(path, 'protocol'), protocol, protocols),
    ),
    ...(typeof port === 'number' ? portNumberErrors(port, child(path, 'port')) : []),
    ...(typeof port === 'string' ? formErrors(port, child(path, 'port'), portNameProblems) : []),
    ...(endPort === undefined ? [] : endPortErrors(port, endPort, place)),
  ]
}

function endPortErrors(
  port: number | string | undefined,
  endPort: number,
  path: string,
): FieldError[] {
  if (port === undefined) {
    return [invalid(path, endPort, 'may not be specified when `port` is not specified')]
  }
  if (typeof port === 'string') {
    return [invalid(path, endPort, 'may not be specified when `port` is non-numeric')]
  }
  return [
    ...when(endPort < port, invalid(path, endPort, 'must be greater than or equal to `port`')),
    ...portNumberErrors(endPort, path),
  ]
}

function peerErrors(peer: DraftOf<NetworkPolicyPeer>, path: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const hasSelector = podSelector !== undefined || namespaceSelector !== undefined
  return [
    ...labelSelectorErrors(podSelector, child(path, 'podSelector')),
    ...labelSelectorErrors(namespaceSelector, child(path, 'namespaceSelector')),
    ...(ipBlock ? blockErrors(ipBlock, child(path, 'ipBlock')) : []),
    ...when(!hasSelector && !ipBlock, required(path, 'must specify a peer')),
    ...when(
      hasSelector && ipBlock,
      forbidden(path, 'may not specify both ipBlock and another peer'),
    ),
  ]
}

function blockErrors(
  { cidr, except }: NonNullable<DraftOf<NetworkPolicyPeer>['ipBlock']>,
  path: string,
): FieldError[] {
  if (!cidr) return [required(child(path, 'cidr'))]
  const outer = blockOf(cidr)
  if (!outer) return cidrErrors(cidr, child(path, 'cidr'))
  return each(except, child(path, 'except'), (text, place) => {
    const inner = blockOf(text)
    if (!inner) return cidrErrors(text, place)
    return when(
      !isStrictlyWithin(inner, outer),
      invalid(place, text, 'must be a strict subset of `cidr`'),
    )
  })
}
