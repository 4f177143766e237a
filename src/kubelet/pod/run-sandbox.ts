// Makes a Pod's sandbox: its configuration with the runtime handler of its class.

import { mkdir } from 'node:fs/promises'
import type { Pod } from '../../api/types.gen.ts'
import type { PodSandboxConfig } from '../../cri/cri.ts'
import { sandboxConfig } from '../containers/sandbox-config.ts'
import type { NodeContext } from './node-context.ts'

export async function sandboxOf(
  pod: Pod,
  attempt: number,
  { node, logRoot, dns, objects }: NodeContext,
): Promise<PodSandboxConfig> {
  const { runtimeClassName: name } = pod.spec
  const runtimeClass = name ? await objects.find('RuntimeClass', { name }) : undefined
  if (name && !runtimeClass) throw new Error(`RuntimeClass "${name}" not found`)
  const runtimeHandler = runtimeClass?.handler ?? ''
  return sandboxConfig(pod, { node, attempt, logRoot, dns, runtimeHandler })
}

export async function runSandbox(pod: Pod, attempt: number, context: NodeContext): Promise<string> {
  const config = await sandboxOf(pod, attempt, context)
  await mkdir(config.logDirectory, { recursive: true, mode: 0o755 })
  return context.runtime.runPodSandbox(config)
}
