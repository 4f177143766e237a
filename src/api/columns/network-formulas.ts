// The cells of Services, Endpoints, slices, Ingresses and addresses.

import { type DraftOf, draftAs, isDraft } from '../draft.ts'
import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressClass,
  IPAddress,
  LoadBalancerIngress,
  Service,
} from '../types.gen.ts'
import type { Formulas } from './expression.ts'
import { none, shortList, unknown, unset } from './text.ts'

export const networkFormulas: Formulas = {
  serviceExternalIP: (_, { object }) => externalIpText(draftAs<Service>(object)),
  servicePorts: (_, { object }) => servicePortsText(draftAs<Service>(object)),
  lbAddresses: (args, scope) => {
    const list = args.value(0, scope)
    const entries = Array.isArray(list) ? list.filter(isDraft) : []
    return addressesOf(entries.map((entry) => draftAs<LoadBalancerIngress>(entry))).join(',')
  },
  ingressHosts: (_, { object }) => hostsText(draftAs<Ingress>(object)),
  ingressPorts: (_, { object }) => (draftAs<Ingress>(object).spec?.tls?.length ? '80, 443' : '80'),
  ingressClassParameters: (_, { object }) => parametersText(draftAs<IngressClass>(object)),
  endpointsList: (_, { object }) => endpointsText(draftAs<Endpoints>(object)),
  slicePorts: (_, { object }) => slicePortsText(draftAs<EndpointSlice>(object)),
  sliceEndpoints: (_, { object }) => sliceEndpointsText(draftAs<EndpointSlice>(object)),
  ipParent: (_, { object }) => parentText(draftAs<IPAddress>(object)),
}

/** How many of a list a cell shows. */
const shown = 3

function addressesOf(entries: readonly DraftOf<LoadBalancerIngress>[]): string[] {
  const addresses = entries.map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(addresses.filter((address) => address !== ''))].sort()
}

function externalIpText({ spec, status }: DraftOf<Service>): string {
  const external = spec?.externalIPs ?? []
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || none
    case 'LoadBalancer': {
      const balanced = addressesOf(status?.loadBalancer?.ingress ?? [])
      const joined = [balanced.join(','), ...external].filter((text) => text !== '').join(',')
      return joined || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return unknown
  }
}

function servicePortsText({ spec }: DraftOf<Service>): string {
  return (spec?.ports ?? [])
    .map(({ port, nodePort, protocol }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    )
    .join(',')
}

function hostsText({ spec }: DraftOf<Ingress>): string {
  const rules = spec?.rules ?? []
  const hosts = rules.flatMap(({ host }) => host || [])
  return shortList(hosts, { most: shown, empty: '*', count: rules.length })
}

function parametersText({ spec }: DraftOf<IngressClass>): string {
  const { kind, apiGroup, name } = spec?.parameters ?? {}
  if (!spec?.parameters) return none
  return `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`
}

function endpointsText({ subsets }: DraftOf<Endpoints>): string {
  const pairs = (subsets ?? []).flatMap(({ addresses, ports }) => {
    const ips = (addresses ?? []).map(({ ip = '' }) => ip)
    if (!ports?.length) return ips
    return ports.flatMap(({ port }) => ips.map((ip) => hostPort(ip, port ?? 0)))
  })
  return shortList(pairs, { most: shown, empty: none })
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

function slicePortsText({ ports }: DraftOf<EndpointSlice>): string {
  const texts = (ports ?? []).map(({ port, name }) =>
    port === undefined ? name || '*' : String(port),
  )
  return shortList(texts, { most: shown, empty: unset })
}

function sliceEndpointsText({ endpoints }: DraftOf<EndpointSlice>): string {
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])
  return shortList(addresses, { most: shown, empty: unset })
}

function parentText({ spec }: DraftOf<IPAddress>): string {
  const { group, resource = '', namespace, name } = spec?.parentRef ?? {}
  if (!spec?.parentRef) return none
  const kind = `${resource}${group ? `.${group}` : ''}`.toLowerCase()
  return [kind, ...(namespace ? [namespace] : []), name].join('/')
}
