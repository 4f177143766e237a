// A container as the runtime takes it. In: the Pod, its container, environment, mounts and image.
// Out: CRI's ContainerConfig, or a ConfigError. Pure.

import type { Pod } from '../../api/types.gen.ts'
import type { ContainerConfig, Image, Mount } from '../../cri/cri.ts'
import { expandAll } from '../env/expand.ts'
import type { Variable } from '../env/service-env.ts'
import { containerAnnotations, containerLabels } from '../pod/labels.ts'
import type { SpecContainer } from '../pod/spec.ts'
import { linuxResources } from './resources.ts'
import { securityContext } from './security.ts'

export interface ContainerContext {
  readonly node: string
  readonly attempt: number
  readonly image: Image
  readonly environment: readonly Variable[]
  readonly mounts: readonly Mount[]
  readonly memoryBytes: number
}

export function containerConfig(
  pod: Pod,
  { container }: SpecContainer,
  context: ContainerContext,
): ContainerConfig {
  const { name, image = '', command, args, workingDir, stdin, stdinOnce, tty } = container
  const { attempt, environment, mounts, node, memoryBytes } = context
  const env = Object.fromEntries(environment.map(({ key, value }) => [key, value]))
  const stopSignal = container.lifecycle?.stopSignal
  return {
    metadata: { name, attempt },
    image: { image },
    ...(command && command.length > 0 && { command: expandAll(command, env) }),
    ...(args && args.length > 0 && { args: expandAll(args, env) }),
    ...(workingDir && { workingDir }),
    envs: environment,
    mounts,
    devices: [],
    labels: containerLabels(pod, container, node),
    annotations: containerAnnotations(container, attempt),
    logPath: `${name}/${attempt}.log`,
    stdin: stdin ?? false,
    stdinOnce: stdinOnce ?? false,
    tty: tty ?? false,
    resources: linuxResources(pod, container, memoryBytes),
    security: securityContext(pod, container, context.image),
    ...(stopSignal && { stopSignal }),
  }
}
