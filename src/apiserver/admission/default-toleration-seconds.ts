// DefaultTolerationSeconds: a Pod stays five minutes on a node that is not ready or unreachable.

import type { DraftOf } from '../../api/draft.ts'
import type { Toleration } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout, podOf } from './admission.ts'

const seconds = 300
const conditions = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
    isAbout(request, '', 'pods'),
  mutate(request) {
    const spec = (podOf(request).spec ??= {})
    const tolerations = spec.tolerations ?? []
    const missing = conditions.filter(
      (key) => !tolerations.some((toleration) => tolerates(toleration, key)),
    )
    if (missing.length === 0) return
    spec.tolerations = [...tolerations, ...missing.map(tolerationOf)]
  },
}

function tolerates({ key, effect }: DraftOf<Toleration>, condition: string): boolean {
  return (!key || key === condition) && (!effect || effect === 'NoExecute')
}

function tolerationOf(key: string) {
  return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds } as const
}
