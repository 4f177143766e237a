// Finds what a path of the kubelet's API names: the Pod, its container, their runtime ids.

import type { ContainerStatus as ApiStatus, Pod } from '../../api/types.gen.ts'
import type { ContainerStatus } from '../../cri/cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { knownStatus } from '../pod/container-status.ts'
import { latest, readySandbox } from '../pod/observed.ts'
import { createRuntimeReader } from '../pod/read-runtime.ts'
import { podDirectory } from '../volumes/volumes.ts'
import { HttpError } from './http-error.ts'

export interface PodPath {
  readonly namespace: string
  readonly pod: string
  readonly uid?: string
  readonly container?: string
}

export function podOf({ workers }: Kubelet, { namespace, pod: name, uid }: PodPath): Pod {
  const pod = workers.find(namespace, name)
  if (!pod || (uid && pod.metadata.uid !== uid))
    throw new HttpError(404, `pod "${name}_${namespace}" does not exist`)
  return pod
}

export function statusOf(pod: Pod, container: string): ApiStatus {
  const status = knownStatus(pod, container)
  if (status) return status
  const { name } = pod.metadata
  throw new HttpError(400, `container "${container}" in pod "${name}" is not available`)
}

export async function runningContainer(kubelet: Kubelet, path: PodPath): Promise<ContainerStatus> {
  const { container = '' } = path
  const runtime = await runtimeOf(kubelet, podOf(kubelet, path))
  const found = latest(runtime, container)
  if (found?.state !== 'RUNNING') throw new HttpError(500, `container not found ("${container}")`)
  return found
}

export async function sandboxId(kubelet: Kubelet, path: PodPath): Promise<string> {
  const sandbox = readySandbox(await runtimeOf(kubelet, podOf(kubelet, path)))
  if (!sandbox) throw new HttpError(500, `pod "${path.pod}_${path.namespace}" has no sandbox`)
  return sandbox.id
}

function runtimeOf({ context, node }: Kubelet, { metadata }: Pod) {
  const { uid = '' } = metadata
  return createRuntimeReader(context.runtime, node, podDirectory(context.folder, uid)).read(uid)
}
