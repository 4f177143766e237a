// How the kubelet finds its own again in the runtime: labels and annotations on sandboxes and
// containers, upstream's names. What must survive a restart of the kubelet is kept here.

import { createHash } from 'node:crypto'
import type { Container, Pod } from '../../api/types.gen.ts'

export const label = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  /** Ours: one runtime may serve several nodes. */
  node: 'sampan.io/node',
} as const

export const annotation = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
} as const

type Labels = Readonly<Record<string, string>>

export function sandboxLabels(pod: Pod, node: string): Labels {
  const { name, namespace = '', uid = '', labels } = pod.metadata
  return {
    ...labels,
    [label.podName]: name,
    [label.podNamespace]: namespace,
    [label.podUid]: uid,
    [label.node]: node,
  }
}

export function containerLabels(pod: Pod, container: Container, node: string): Labels {
  const { name, namespace = '', uid = '' } = pod.metadata
  return {
    [label.containerName]: container.name,
    [label.podName]: name,
    [label.podNamespace]: namespace,
    [label.podUid]: uid,
    [label.node]: node,
  }
}

export function containerAnnotations(container: Container, attempt: number): Labels {
  const { terminationMessagePath = '/dev/termination-log', terminationMessagePolicy = 'File' } =
    container
  return {
    [annotation.hash]: containerHash(container),
    [annotation.restartCount]: String(attempt),
    [annotation.terminationMessagePath]: terminationMessagePath,
    [annotation.terminationMessagePolicy]: terminationMessagePolicy,
  }
}

/** Changes exactly when a running container no longer is what its spec says: name and image. */
export function containerHash({ name, image = '' }: Container): string {
  return createHash('sha256')
    .update(JSON.stringify([name, image]))
    .digest('hex')
    .slice(0, 8)
}
