// PodTopologyLabels: a Pod that is put on a node carries the node's zone and region, so that it can
// read them. Bindings pass their labels on to the Pod.

import { draftAs } from '../../api/draft.ts'
import type { Binding, ObjectMeta, Pod } from '../../api/types.gen.ts'
import { type AdmissionPlugin, type AdmissionRequest, isAbout } from './admission.ts'

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: (request) =>
    request.operation === 'CREATE' &&
    (isAbout(request, '', 'pods') || isAbout(request, '', 'pods', 'binding')),
  async mutate(request, { cluster }) {
    const name = nodeNameOf(request)
    const node = name && (await cluster.get('Node', { name }))
    if (!node) return
    const labels = copied.flatMap((key) => {
      const value = node.metadata.labels?.[key]
      return value === undefined ? [] : [[key, value] as const]
    })
    const object = draftAs<{ readonly metadata: ObjectMeta }>(request.object ?? {})
    if (labels.length === 0) return
    const metadata = (object.metadata ??= {})
    metadata.labels = { ...Object.fromEntries(labels), ...metadata.labels }
  },
}

function nodeNameOf({ object, subresource }: AdmissionRequest): string | undefined {
  if (subresource === '') return draftAs<Pod>(object ?? {}).spec?.nodeName
  const { target } = draftAs<Binding>(object ?? {})
  return target?.kind === 'Node' ? target.name : undefined
}
