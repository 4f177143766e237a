// A Pod as the runtime takes it: the configuration of its sandbox. Pure.

import type { Pod } from '../../api/types.gen.ts'
import type { NamespaceOptions, PodSandboxConfig, PortMapping } from '../../cri/cri.ts'
import { sandboxLabels } from '../pod/labels.ts'
import { qosClass } from '../pod/qos.ts'
import { isSidecar } from '../pod/spec.ts'
import { podNames } from './names.ts'
import { type DnsSettings, podDns } from './resolv-conf.ts'

export interface SandboxContext {
  readonly node: string
  readonly attempt: number
  /** Where the logs of the node's Pods are: <logRoot>/NAMESPACE_NAME_UID. */
  readonly logRoot: string
  readonly dns: DnsSettings
  readonly runtimeHandler: string
}

export function sandboxConfig(pod: Pod, context: SandboxContext): PodSandboxConfig {
  const { name, namespace = '', uid = '', annotations = {} } = pod.metadata
  const { node, attempt, logRoot, dns, runtimeHandler } = context
  const names = podNames(pod, dns.clusterDomain)
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: pod.spec.hostNetwork ? node : names.kernelHostname,
    logDirectory: logDirectory(pod, logRoot),
    dnsConfig: podDns(pod, dns),
    portMappings: pod.spec.hostNetwork ? [] : portMappings(pod),
    labels: sandboxLabels(pod, node),
    annotations,
    namespaceOptions: namespaceOptions(pod),
    sysctls: Object.fromEntries(
      (pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value]),
    ),
    cgroupParent: cgroupParent(pod),
    runtimeHandler,
  }
}

export function logDirectory({ metadata }: Pod, logRoot: string): string {
  return `${logRoot}/${metadata.namespace ?? ''}_${metadata.name}_${metadata.uid ?? ''}`
}

export function namespaceOptions({ spec }: Pod): NamespaceOptions {
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    ipc: spec.hostIPC ? 'NODE' : 'POD',
    pid: spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER',
  }
}

function portMappings({ spec }: Pod): readonly PortMapping[] {
  const sidecars = (spec.initContainers ?? []).filter(isSidecar)
  return [...sidecars, ...spec.containers]
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort ? [{ protocol, containerPort, hostPort, hostIp: hostIP }] : [],
    )
}

/** Below the root that the runtime was given; a level for each class, as upstream's. */
function cgroupParent(pod: Pod): string {
  const quality = qosClass(pod)
  const level = quality === 'Guaranteed' ? '' : `/${quality.toLowerCase()}`
  return `/kubepods${level}/pod${pod.metadata.uid ?? ''}`
}
