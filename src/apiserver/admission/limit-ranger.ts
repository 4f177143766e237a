// LimitRanger: a namespace's LimitRanges give containers requests and limits, and bound them.

import { draftAs } from '../../api/draft.ts'
import type { LimitRange, LimitRangeItem, PersistentVolumeClaim } from '../../api/types.gen.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  isAbout,
  podOf,
  refusal,
} from './admission.ts'
import { claimProblems, podProblems } from './limit-checks.ts'
import { addContainerDefaults } from './limit-defaults.ts'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: (request) =>
    request.operation === 'CREATE'
      ? isAbout(request, '', 'pods') || isAbout(request, '', 'persistentvolumeclaims')
      : isClaimUpdate(request) || isResize(request),
  async mutate(request, { cluster }) {
    if (request.operation !== 'CREATE' || !isAbout(request, '', 'pods')) return
    for (const range of await cluster.list('LimitRange', request.namespace)) {
      for (const item of itemsOf(range, 'Container')) addContainerDefaults(podOf(request), item)
    }
  },
  async validate(request, { cluster }) {
    const problems: string[] = []
    for (const range of await cluster.list('LimitRange', request.namespace)) {
      for (const item of range.spec?.limits ?? []) problems.push(...problemsOf(request, item))
    }
    if (problems.length === 1) throw refusal(request, problems[0] ?? '')
    if (problems.length > 1) throw refusal(request, `[${problems.join(', ')}]`)
  },
}

/** The only way in which what a running Pod asks for changes. */
function isResize(request: AdmissionRequest): boolean {
  return request.operation === 'UPDATE' && isAbout(request, '', 'pods', 'resize')
}

function isClaimUpdate(request: AdmissionRequest): boolean {
  return request.operation === 'UPDATE' && isAbout(request, '', 'persistentvolumeclaims')
}

function itemsOf({ spec }: LimitRange, type: string): readonly LimitRangeItem[] {
  return (spec?.limits ?? []).filter((item) => item.type === type)
}

function problemsOf(request: AdmissionRequest, item: LimitRangeItem): readonly string[] {
  if (request.resource.entry.plural === 'pods') return podProblems(podOf(request), item)
  return claimProblems(draftAs<PersistentVolumeClaim>(request.object ?? {}), item)
}
