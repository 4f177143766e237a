// Claims and volumes that are deleted stay until nobody uses them: their finalizer is put there,
// and taken away when no Pod uses the claim, or no claim is bound to the volume.

import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { nothing, type Plan, update, type Write } from '../../client/plan.ts'
import { claimNamesOf } from '../../client/pod-claims.ts'
import { isTerminal } from '../pod-state.ts'

export interface Observed {
  readonly kind: 'PersistentVolumeClaim' | 'PersistentVolume'
  readonly object: PersistentVolumeClaim | PersistentVolume
  readonly finalizer: string
  readonly isUsed: boolean
}

export const claimProtection: Controller<Observed> = {
  name: 'pvc-protection-controller',
  reconciles: 'PersistentVolumeClaim',
  triggers: {
    Pod: ({ previous, current }) => {
      const pod = previous ?? current
      const hasEnded = !current || isTerminal(current)
      if (!pod || !hasEnded) return []
      const { namespace = '' } = pod.metadata
      return claimNamesOf(pod).map((name) => ({ namespace, name }))
    },
  },
  observe(key, { PersistentVolumeClaim, Pod }) {
    const object = PersistentVolumeClaim.get(key)
    if (!object) return undefined
    const isUsed =
      object.metadata.deletionTimestamp !== undefined &&
      Pod.list(key.namespace).some((pod) => uses(pod, key.name))
    const kind = 'PersistentVolumeClaim'
    return { kind, object, finalizer: 'kubernetes.io/pvc-protection', isUsed }
  },
  plan: planProtection,
}

export const volumeProtection: Controller<Observed> = {
  name: 'pv-protection-controller',
  reconciles: 'PersistentVolume',
  observe(key, { PersistentVolume }) {
    const object = PersistentVolume.get(key)
    if (!object) return undefined
    const isUsed = object.status?.phase === 'Bound'
    return { kind: 'PersistentVolume', object, finalizer: 'kubernetes.io/pv-protection', isUsed }
  },
  plan: planProtection,
}

export function planProtection({ kind, object, finalizer, isUsed }: Observed): Plan {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  const isProtected = finalizers.includes(finalizer)
  if (deletionTimestamp === undefined) {
    return isProtected ? nothing : withFinalizers(kind, object, [...finalizers, finalizer])
  }
  if (!isProtected || isUsed) return nothing
  return withFinalizers(
    kind,
    object,
    finalizers.filter((each) => each !== finalizer),
  )
}

/** By an update: the roles of these controllers know no patch. */
function withFinalizers(
  kind: Observed['kind'],
  object: Observed['object'],
  finalizers: readonly string[],
): Plan {
  const { metadata } = object
  const write: Write = update(kind, { ...object, metadata: { ...metadata, finalizers } })
  return { actions: [{ ...write, ignore: ['NotFound'] }] }
}

const uses = (pod: Pod, name: string) => !isTerminal(pod) && claimNamesOf(pod).includes(name)
