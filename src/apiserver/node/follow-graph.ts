// Keeps the node graph current from the stored objects; only what the graph needs of each is kept.

import type { Following, Reader } from '../reader.ts'
import { edgesOfPod, edgesOfVolume, type NodeGraph, vertex } from './node-graph.ts'

/** Resolves once everything stored now is in the graph. */
export async function followGraph(
  reader: Reader,
  graph: NodeGraph,
  signal: AbortSignal,
): Promise<Following> {
  const report = graph.change
  const all = await Promise.all([
    // A Pod without a node leads nowhere.
    reader.followPart('Pod', {
      part: edgesOfPod,
      fieldSelector: 'spec.nodeName!=',
      ...{ report, signal },
    }),
    reader.followPart('PersistentVolume', { part: edgesOfVolume, report, signal }),
    reader.followPart('VolumeAttachment', {
      part: ({ metadata, spec }) => ({
        from: [vertex('volumeattachment', '', metadata.name)],
        node: spec.nodeName,
      }),
      ...{ report, signal },
    }),
    reader.followPart('ResourceSlice', {
      part: ({ metadata, spec }) => ({
        from: [vertex('resourceslice', '', metadata.name)],
        ...(spec.nodeName && { node: spec.nodeName }),
      }),
      ...{ report, signal },
    }),
  ])
  return { ended: Promise.all(all.map(({ ended }) => ended)).then(() => {}) }
}
