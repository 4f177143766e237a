// RuntimeClass: what running under a class costs a Pod, and on which nodes it can.

import { isSame } from '../../api/draft.ts'
import type { RuntimeClass } from '../../api/types.gen.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  isAbout,
  podOf,
  refusal,
} from './admission.ts'

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (request) => request.operation === 'CREATE' && isAbout(request, '', 'pods'),
  async mutate(request, { cluster }) {
    const { runtimeClassName: name, overhead } = podOf(request).spec ?? {}
    if (name === undefined) {
      if (overhead && Object.keys(overhead).length > 0) {
        throw refusal(
          request,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        )
      }
      return
    }
    const found = await cluster.get('RuntimeClass', { name })
    if (!found) {
      throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    }
    setOverhead(request, found)
    setScheduling(request, found)
  },
}

function setOverhead(request: AdmissionRequest, { overhead }: RuntimeClass): void {
  const spec = (podOf(request).spec ??= {})
  const fixed = overhead?.podFixed
  if (spec.overhead && !isSame(spec.overhead, fixed ?? {})) {
    throw refusal(
      request,
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    )
  }
  if (fixed) spec.overhead = { ...fixed }
}

function setScheduling(request: AdmissionRequest, { scheduling }: RuntimeClass): void {
  if (!scheduling) return
  const spec = (podOf(request).spec ??= {})
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value) {
      throw refusal(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  const own = spec.tolerations ?? []
  const added = (scheduling.tolerations ?? []).filter(
    (toleration) => !own.some((each) => isSame(each, toleration)),
  )
  if (added.length > 0) spec.tolerations = [...own, ...added.map((each) => ({ ...each }))]
}
