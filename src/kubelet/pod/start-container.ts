// Starts one container: image, configuration, create, start, postStart hook. A failure becomes a
// StartFailure with the reason a status shows, and the events upstream writes.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigMap, Pod, Secret } from '../../api/types.gen.ts'
import type { ContainerConfig, Image, Mount, PodSandboxConfig } from '../../cri/cri.ts'
import { ConfigError } from '../containers/config-error.ts'
import { containerConfig } from '../containers/container-config.ts'
import { runHook } from '../containers/hooks.ts'
import { hostsFile, nodeHostsFile, podNames } from '../containers/names.ts'
import { makeTerminationLog, terminationLogPath } from '../containers/termination-message.ts'
import { environment } from '../env/environment.ts'
import { envReferences } from '../env/references.ts'
import type { Variable } from '../env/service-env.ts'
import { ImageFailure } from '../images/image-puller.ts'
import { containerMounts } from '../volumes/mounts.ts'
import { type MountedVolume, podDirectory } from '../volumes/volumes.ts'
import type { PodEvents } from './events.ts'
import type { NodeContext } from './node-context.ts'
import type { StartFailure } from './observed.ts'
import type { StartContainer } from './plan.ts'
import type { SpecContainer } from './spec.ts'

export interface StartInput {
  readonly pod: Pod
  readonly entry: SpecContainer
  readonly action: StartContainer
  readonly sandbox: PodSandboxConfig
  readonly podIps: readonly string[]
  readonly volumes: ReadonlyMap<string, MountedVolume>
  readonly events: PodEvents
  /** Aborts when the Pod shall end: nothing more is started for it. */
  readonly signal: AbortSignal
  /** Id of the running container whose processes an ephemeral one wants to see. */
  readonly targetId?: string
}

/** How soon a container is tried again that could not be configured or created. */
const retryMs = 10_000

/** Undefined when it runs, hook included, or when the Pod shall end. */
export async function startContainer(
  input: StartInput,
  context: NodeContext,
): Promise<StartFailure | undefined> {
  const { events, signal, entry } = input
  const { name } = entry.container
  try {
    await attempt(input, context)
    return undefined
  } catch (error) {
    if (signal.aborted) return undefined
    const atMs = context.clock.now().getTime()
    if (error instanceof ImageFailure) {
      const { reason, message, retryAtMs, afterwards } = error
      events.warn('Failed', `Error: ${reason}`, name)
      return { reason, message, atMs, retryAtMs, ...(afterwards && { afterwards }) }
    }
    const { reason, message } = error instanceof StepFailed ? error : stepFailed(error)
    if (reason !== 'PostStartHookError') events.warn('Failed', `Error: ${message}`, name)
    // After a failed hook the container has ended, and waits by its own back-off.
    const retryAtMs = reason === 'PostStartHookError' ? atMs : atMs + retryMs
    return { reason, message, atMs, retryAtMs }
  }
}

class StepFailed extends Error {
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

function stepFailed(error: unknown, reason = 'CreateContainerError'): StepFailed {
  const message = error instanceof Error ? error.message : String(error)
  return new StepFailed(
    error instanceof ConfigError ? 'CreateContainerConfigError' : reason,
    message,
  )
}

async function attempt(input: StartInput, context: NodeContext): Promise<void> {
  const { pod, entry, action, sandbox, events, signal } = input
  const { runtime, puller } = context
  const { name, lifecycle } = entry.container
  const image = await puller.ensure(pod, entry.container, events)
  signal.throwIfAborted()
  const config = await configOf(input, context, image).catch((error: unknown) => {
    throw stepFailed(error, 'CreateContainerConfigError')
  })
  signal.throwIfAborted()
  const id = await runtime
    .createContainer(action.sandboxId, targeting(config, input), sandbox)
    .catch((error) => {
      throw stepFailed(error)
    })
  events.note('Created', 'Container created', name)
  await runtime.startContainer(id).catch((error) => {
    throw stepFailed(error, 'RunContainerError')
  })
  events.note('Started', 'Container started', name)
  if (!lifecycle?.postStart) return
  const { clock, dial } = context
  const hook = { runtime, containerId: id, container: entry.container, dial, clock, signal }
  await runHook(lifecycle.postStart, { ...hook, podIp: input.podIps[0] ?? context.address }).catch(
    async (error: unknown) => {
      if (signal.aborted) return
      events.warn('FailedPostStartHook', 'PostStartHook failed', name)
      events.note('Killing', 'FailedPostStartHook', name)
      await runtime.stopContainer(id, pod.spec.terminationGracePeriodSeconds ?? 30)
      throw stepFailed(error, 'PostStartHookError')
    },
  )
}

/** A debug container sees the processes of the one it is for. */
function targeting(config: ContainerConfig, { sandbox, targetId }: StartInput): ContainerConfig {
  if (!targetId) return config
  const namespaceOptions = { ...sandbox.namespaceOptions, pid: 'TARGET' as const, targetId }
  return { ...config, security: { ...config.security, namespaceOptions } }
}

async function configOf(
  input: StartInput,
  context: NodeContext,
  image: Image,
): Promise<ContainerConfig> {
  const { pod, entry, action, volumes } = input
  const { node, memoryBytes } = context
  const variables = await environmentOf(input, context)
  const env = Object.fromEntries(variables.map(({ key, value }) => [key, value]))
  const own = await containerMounts(entry.container, volumes, env)
  const managed = await managedMounts(input, context)
  const taken = new Set(own.map(({ containerPath }) => containerPath))
  const mounts = [...own, ...managed.filter(({ containerPath }) => !taken.has(containerPath))]
  return containerConfig(pod, entry, {
    node,
    attempt: action.attempt,
    image,
    environment: variables,
    mounts,
    memoryBytes,
  })
}

async function environmentOf(
  { pod, entry, podIps }: StartInput,
  { objects, services, allocatable, address }: NodeContext,
): Promise<readonly Variable[]> {
  const { namespace = '' } = pod.metadata
  const names = envReferences(entry.container)
  const configMaps = new Map<string, ConfigMap | undefined>()
  const secrets = new Map<string, Secret | undefined>()
  for (const name of names.configMaps)
    configMaps.set(name, await objects.find('ConfigMap', { namespace, name }))
  for (const name of names.secrets)
    secrets.set(name, await objects.find('Secret', { namespace, name }))
  return environment(
    entry.container,
    { pod, podIps, hostIps: [address], allocatable },
    {
      configMap: (name) => configMaps.get(name),
      secret: (name) => secrets.get(name),
      services: services(),
    },
  )
}

/** /etc/hosts and the file for the container's last words. */
async function managedMounts(
  { pod, entry, action, podIps }: StartInput,
  { folder, dns, node, address }: NodeContext,
): Promise<readonly Mount[]> {
  const directory = podDirectory(folder, pod.metadata.uid ?? '')
  const { name, terminationMessagePath = '/dev/termination-log' } = entry.container
  const lastWords = terminationLogPath(directory, name, action.attempt)
  await makeTerminationLog(lastWords)
  const hosts = join(directory, 'etc-hosts')
  const names = podNames(pod, dns.clusterDomain)
  const text = pod.spec.hostNetwork
    ? nodeHostsFile(pod, `127.0.0.1\tlocalhost\n::1\tlocalhost\n${address}\t${node}\n`)
    : hostsFile(pod, names, podIps)
  await writeFile(hosts, text, { mode: 0o644 })
  return [
    { containerPath: '/etc/hosts', hostPath: hosts, readonly: false, propagation: 'PRIVATE' },
    {
      containerPath: terminationMessagePath,
      hostPath: lastWords,
      readonly: false,
      propagation: 'PRIVATE',
    },
  ]
}
