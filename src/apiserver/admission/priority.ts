// Priority: the number behind a Pod's PriorityClass, and that only one class is the default.

import { asDraft, draftAs } from '../../api/draft.ts'
import type { Pod, PriorityClass } from '../../api/types.gen.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  isAbout,
  podOf,
  refusal,
} from './admission.ts'

const group = 'scheduling.k8s.io'

export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (request) => {
    const { operation } = request
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false
    return isAbout(request, '', 'pods') || isAbout(request, group, 'priorityclasses')
  },
  async mutate(request, support) {
    if (!isAbout(request, '', 'pods')) return
    if (request.operation === 'CREATE') return setPriority(request, support)
    keepPriority(request)
  },
  async validate(request, { cluster }) {
    if (!isAbout(request, group, 'priorityclasses')) return
    const { globalDefault } = draftAs<PriorityClass>(request.object ?? {})
    if (!globalDefault) return
    const other = (await cluster.list('PriorityClass')).find(
      (each) => each.globalDefault && each.metadata.name !== request.name,
    )
    if (other) {
      throw refusal(
        request,
        `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
      )
    }
  },
}

async function setPriority(
  request: AdmissionRequest,
  { cluster }: AdmissionSupport,
): Promise<void> {
  const spec = (podOf(request).spec ??= {})
  const name = spec.priorityClassName
  const found = name
    ? await cluster.get('PriorityClass', { name })
    : lowestDefault(await cluster.list('PriorityClass'))
  if (name && !found) throw refusal(request, `no PriorityClass with name ${name} was found`)
  const value = found?.value ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refusal(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  if (found) spec.priorityClassName = found.metadata.name
  spec.priority = value
  spec.preemptionPolicy = policy
}

/** There is one, unless two were made at the same moment. */
function lowestDefault(classes: readonly PriorityClass[]): PriorityClass | undefined {
  return classes
    .filter(({ globalDefault }) => globalDefault)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
}

/** Clients that don't know the fields leave them out of an update. */
function keepPriority(request: AdmissionRequest): void {
  const spec = (podOf(request).spec ??= {})
  const old = draftAs<Pod>(asDraft(request.old ?? {})).spec
  if (old?.priority !== undefined) spec.priority ??= old.priority
  if (old?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy
}
