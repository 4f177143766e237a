// Small worlds for tests of plans and statuses: a Pod and what the runtime has of it.

import type { Container, Pod, PodSpec } from '../../api/types.gen.ts'
import type { ContainerState, ContainerStatus, PodSandboxStatus } from '../../cri/cri.ts'
import { containerAnnotations } from './labels.ts'
import { createMemory, type WorkerMemory } from './memory.ts'
import type { ObservedPod, ProbeVerdicts } from './observed.ts'

export const nowMs = Date.parse('2026-01-01T01:00:00Z')

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: 'nginx', ...more }
}

export function testPod(spec: Partial<PodSpec> = {}, more: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: { containers: [container('web')], ...spec },
    ...more,
    metadata: { name: 'app', namespace: 'default', uid: 'u1', ...more.metadata },
  }
}

export function sandbox(attempt = 0, state: PodSandboxStatus['state'] = 'READY'): PodSandboxStatus {
  return {
    id: `sandbox${attempt}`,
    metadata: { name: 'app', namespace: 'default', uid: 'u1', attempt },
    state,
    createdAtMs: nowMs - 60_000 + attempt,
    labels: {},
    annotations: {},
    ips: state === 'READY' ? ['10.244.0.7'] : [],
  }
}

export interface Life {
  readonly attempt?: number
  readonly exitCode?: number
  readonly reason?: string
  readonly sandbox?: number
  readonly agoMs?: number
  readonly spec?: Container
}

/** RUNNING, or EXITED when an exit code is given. */
export function life(name: string, more: Life = {}): ContainerStatus {
  const { attempt = 0, exitCode, agoMs = 1000 } = more
  const state: ContainerState = exitCode === undefined ? 'RUNNING' : 'EXITED'
  return {
    id: `${name}-${attempt}`,
    podSandboxId: `sandbox${more.sandbox ?? 0}`,
    metadata: { name, attempt },
    image: { image: 'nginx' },
    imageId: 'sha256:1',
    imageRef: 'docker.io/library/nginx@sha256:1',
    state,
    createdAtMs: nowMs - 30_000 + attempt,
    startedAtMs: nowMs - 30_000,
    finishedAtMs: exitCode === undefined ? 0 : nowMs - agoMs,
    exitCode: exitCode ?? 0,
    reason: more.reason ?? '',
    message: '',
    labels: {},
    annotations: containerAnnotations(more.spec ?? container(name), attempt),
    logPath: '',
    resources: {},
  }
}

export interface World {
  readonly pod?: Pod
  readonly sandboxes?: readonly PodSandboxStatus[]
  readonly containers?: readonly ContainerStatus[]
  readonly memory?: Partial<WorkerMemory>
  readonly busy?: Partial<WorkerMemory['busy']>
  readonly probes?: Partial<ProbeVerdicts>
  readonly isGone?: boolean
}

/** Volumes mounted, a sandbox ready, nothing under way, unless said otherwise. */
export function observed(world: World = {}): ObservedPod {
  const memory = createMemory()
  return {
    pod: world.pod ?? testPod(),
    isGone: world.isGone ?? false,
    runtime: { sandboxes: world.sandboxes ?? [sandbox()], containers: world.containers ?? [] },
    memory: {
      ...memory,
      volumesMounted: true,
      ...world.memory,
      busy: { ...memory.busy, ...world.busy },
    },
    probes: { started: () => true, ready: () => true, failed: () => undefined, ...world.probes },
    nowMs,
  }
}
