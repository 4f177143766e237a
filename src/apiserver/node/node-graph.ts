// Which objects a node may see because something that runs on it refers to them. In: Pods, volumes,
// attachments and resource slices as they change. Out: whether a path leads from an object to a node.
//
//   Secret, ConfigMap, claim, resource claim, account -> Pod -> node
//   Secret -> PersistentVolume -> claim,   VolumeAttachment -> node,   ResourceSlice -> node
//
// Paths through Pods are kept as counts of Pods by node, so that the answer is one look-up however
// many Pods share an object.

import type { PersistentVolume, Pod } from '../../api/types.gen.ts'
import {
  claimNames,
  configMapNames,
  resourceClaimNames,
  secretNames,
  secretsOfPersistentVolume,
} from './pod-references.ts'

export type VertexType =
  | 'configmap'
  | 'persistentvolume'
  | 'persistentvolumeclaim'
  | 'pod'
  | 'resourceclaim'
  | 'resourceslice'
  | 'secret'
  | 'serviceaccount'
  | 'volumeattachment'

/** An object that was seen: what leads to it, and the node or the objects it leads to. */
export interface Edges {
  readonly from: readonly string[]
  readonly node?: string
  readonly to?: string
}

export interface NodeGraph {
  change(change: { readonly previous?: Edges; readonly current?: Edges }): void
  reaches(node: string, vertex: string): boolean
}

export function vertex(type: VertexType, namespace: string, name: string): string {
  return `${type} ${namespace}/${name}`
}

export function createNodeGraph(): NodeGraph {
  /** By vertex: how many objects lead from it to each node. */
  const nodes = new Map<string, Map<string, number>>()
  /** By vertex: how many objects lead from it to each other vertex. */
  const vertices = new Map<string, Map<string, number>>()

  const count = ({ from, node, to }: Edges, by: 1 | -1) => {
    for (const start of from) {
      if (node) add(nodes, start, { end: node, by })
      if (to) add(vertices, start, { end: to, by })
    }
  }
  const reaches = (node: string, start: string): boolean =>
    nodes.get(start)?.has(node) === true ||
    [...(vertices.get(start)?.keys() ?? [])].some((next) => reaches(node, next))
  return {
    change({ previous, current }) {
      if (previous) count(previous, -1)
      if (current) count(current, 1)
    },
    reaches,
  }
}

function add(
  edges: Map<string, Map<string, number>>,
  start: string,
  { end, by }: { readonly end: string; readonly by: 1 | -1 },
): void {
  const ends = edges.get(start) ?? new Map<string, number>()
  const left = (ends.get(end) ?? 0) + by
  if (left > 0) ends.set(end, left)
  else ends.delete(end)
  if (ends.size > 0) edges.set(start, ends)
  else edges.delete(start)
}

/** A mirror Pod, which its node made itself, gives the node nothing but the Pod. */
export function edgesOfPod(pod: Pod): Edges {
  const { namespace = '', name, annotations } = pod.metadata
  const node = pod.spec.nodeName ?? ''
  const own = vertex('pod', namespace, name)
  if (annotations?.['kubernetes.io/config.mirror'] !== undefined) return { from: [own], node }
  const all = (type: VertexType, names: readonly string[]) =>
    names.map((one) => vertex(type, namespace, one))
  return {
    from: [
      own,
      ...all('serviceaccount', pod.spec.serviceAccountName ? [pod.spec.serviceAccountName] : []),
      ...all('secret', secretNames(pod)),
      ...all('configmap', configMapNames(pod)),
      ...all('persistentvolumeclaim', claimNames(pod)),
      ...all('resourceclaim', resourceClaimNames(pod)),
    ],
    node,
  }
}

/** Whoever reaches the claim that a volume is bound to may see the volume and its Secrets. */
export function edgesOfVolume(volume: PersistentVolume): Edges {
  const { claimRef } = volume.spec
  if (!claimRef) return { from: [] }
  const secrets = secretsOfPersistentVolume(volume)
  return {
    from: [
      vertex('persistentvolume', '', volume.metadata.name),
      ...secrets.map((secret) => `secret ${secret}`),
    ],
    to: vertex('persistentvolumeclaim', claimRef.namespace ?? '', claimRef.name ?? ''),
  }
}
