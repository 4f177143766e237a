// Defaults of a Pod's spec, in Pods and in every template.

import type { DraftOf } from '../draft.ts'
import type {
  Container,
  EphemeralContainer,
  Lifecycle,
  LifecycleHandler,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '../types.gen.ts'
import { pullPolicyFor } from './image.ts'
import { defaultVolume } from './volume.ts'

type Spec = DraftOf<PodSpec>

export function defaultPodTemplate(template: DraftOf<PodTemplateSpec> | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec)
}

export function defaultPodSpec(spec: Spec): void {
  spec.dnsPolicy ??= 'ClusterFirst'
  spec.restartPolicy ??= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ??= 'default-scheduler'
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const container of spec.initContainers ?? []) defaultContainer(container)
  for (const container of spec.containers ?? []) defaultContainer(container)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container)
  if (spec.hostNetwork) defaultHostPorts(spec)
}

function defaultContainer(container: DraftOf<Container> | DraftOf<EphemeralContainer>): void {
  container.terminationMessagePath ??= '/dev/termination-log'
  container.terminationMessagePolicy ??= 'File'
  container.imagePullPolicy ??= pullPolicyFor(container.image ?? '')
  for (const port of container.ports ?? []) port.protocol ??= 'TCP'
  for (const variable of container.env ?? []) {
    const source = variable.valueFrom
    if (source?.fieldRef) source.fieldRef.apiVersion ??= 'v1'
    if (source?.fileKeyRef) source.fileKeyRef.optional ??= false
  }
  defaultProbe(container.livenessProbe)
  defaultProbe(container.readinessProbe)
  defaultProbe(container.startupProbe)
  defaultLifecycle(container.lifecycle)
}

function defaultProbe(probe: DraftOf<Probe> | undefined): void {
  if (!probe) return
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.httpGet) defaultHttpGet(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

function defaultLifecycle(lifecycle: DraftOf<Lifecycle> | undefined): void {
  defaultHandler(lifecycle?.postStart)
  defaultHandler(lifecycle?.preStop)
}

function defaultHandler(handler: DraftOf<LifecycleHandler> | undefined): void {
  if (handler?.httpGet) defaultHttpGet(handler.httpGet)
}

function defaultHttpGet(action: NonNullable<DraftOf<Probe>['httpGet']>): void {
  action.path ||= '/'
  action.scheme ??= 'HTTP'
}

/** In the host's network a container's port is the host's. */
function defaultHostPorts(spec: Spec): void {
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const port of container.ports ?? []) {
      if (port.containerPort) port.hostPort ||= port.containerPort
    }
  }
}
