// Defaults of the core group.

import type { DraftOf } from '../draft.ts'
import type {
  Endpoints,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  ReplicationController,
  Secret,
  Service,
} from '../types.gen.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { defaultPersistentVolumeSource } from './volume.ts'

export function defaultPodTemplateKind(object: DraftOf<PodTemplate>): void {
  defaultPodTemplate(object.template)
}

export function defaultReplicationController(controller: DraftOf<ReplicationController>): void {
  const spec = controller.spec
  if (!spec) return
  spec.replicas ??= 1
  defaultPodTemplate(spec.template)
  const labels = spec.template?.metadata?.labels
  if (!labels) return
  if (!spec.selector) spec.selector = { ...labels }
  if (controller.metadata && !controller.metadata.labels) controller.metadata.labels = { ...labels }
}

export function defaultService(service: DraftOf<Service>): void {
  const spec = service.spec
  if (!spec) return
  spec.sessionAffinity ??= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  else if (spec.sessionAffinity === 'ClientIP') {
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: seconds } }
  }
  spec.type ??= 'ClusterIP'
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP'
    if (port.targetPort === 0 || port.targetPort === '' || port.targetPort === undefined) {
      port.targetPort = port.port ?? 0
    }
  }
  defaultTrafficPolicies(spec)
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= 'VIP'
  }
}

function defaultTrafficPolicies(spec: NonNullable<DraftOf<Service>['spec']>): void {
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (isExternal || (spec.type === 'ClusterIP' && spec.externalIPs)) {
    spec.externalTrafficPolicy ??= 'Cluster'
  }
  if (isExternal || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
}

export function defaultEndpoints(endpoints: DraftOf<Endpoints>): void {
  for (const { ports } of endpoints.subsets ?? []) {
    for (const port of ports ?? []) port.protocol ??= 'TCP'
  }
}

/** stringData is a way to write data; it is never kept. */
export function defaultSecret(secret: DraftOf<Secret>): void {
  secret.type ??= 'Opaque'
  for (const [key, text = ''] of Object.entries(secret.stringData ?? {})) {
    secret.data = { ...secret.data, [key]: Buffer.from(text).toString('base64') }
  }
  delete secret.stringData
}

export function defaultNamespace(namespace: DraftOf<Namespace>): void {
  const { metadata, status } = namespace
  if (metadata?.name) {
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
  }
  namespace.status = { phase: 'Active', ...status }
}

export function defaultNode(node: DraftOf<Node>): void {
  const { status, spec } = node
  if (spec) joinPodCidrs(spec)
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity }
}

/** The older field holds one network, the newer all: the first of them is the same. */
function joinPodCidrs(spec: NonNullable<DraftOf<Node>['spec']>): void {
  const [first] = spec.podCIDRs ?? []
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR]
  else if (!spec.podCIDR && first) spec.podCIDR = first
}

export function defaultPersistentVolume(volume: DraftOf<PersistentVolume>): void {
  volume.status = { phase: 'Pending', ...volume.status }
  const spec = volume.spec
  if (!spec) return
  spec.persistentVolumeReclaimPolicy ??= 'Retain'
  spec.volumeMode ??= 'Filesystem'
  defaultPersistentVolumeSource(spec)
}

export function defaultPersistentVolumeClaim(claim: DraftOf<PersistentVolumeClaim>): void {
  claim.status = { phase: 'Pending', ...claim.status }
  if (claim.spec) claim.spec.volumeMode ??= 'Filesystem'
}

/** For containers a limit defaults to the largest allowed, a request to the limit, then the least. */
export function defaultLimitRange(range: DraftOf<LimitRange>): void {
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    item.default = { ...item.max, ...item.default }
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest }
    if (Object.keys(item.default).length === 0) delete item.default
    if (Object.keys(item.defaultRequest).length === 0) delete item.defaultRequest
  }
}
