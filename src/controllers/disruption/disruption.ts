// PodDisruptionBudgets: which ones a change is about, and what the plan needs to see. Scales of
// custom resources are asked for, so this shell is its own and not the runner's.

import { keyOf, keyText } from '../../api/meta.ts'
import { labelSelectorMatches } from '../../api/selector/label.ts'
import type { Pod, PodDisruptionBudget } from '../../api/types.gen.ts'
import { applyPlan } from '../../client/apply.ts'
import { type ControllerShell, runWorkers } from '../../client/controller-runner.ts'
import type { ApiClient } from '../../client/create-client.ts'
import type { Listers } from '../../client/informer.ts'
import { createQueue } from '../../lib/queue.ts'
import { needsScale, planBudget } from './plan.ts'
import { scaleOf } from './scale.ts'

export interface DisruptionShell extends ControllerShell {
  readonly client: ApiClient
}

export async function runDisruption(shell: DisruptionShell): Promise<void> {
  const { informers, clock, signal } = shell
  const { listers } = informers
  const queue = createQueue({ clock, signal })
  informers.onChange('PodDisruptionBudget', ({ previous, current }) => {
    const budget = current ?? previous
    if (budget) queue.add(keyText(keyOf(budget)))
  })
  informers.onChange('Pod', ({ previous, current }) => {
    for (const pod of [previous, current]) {
      for (const budget of budgetsOf(pod, listers)) queue.add(keyText(keyOf(budget)))
    }
  })
  for (const kind of [
    'Deployment',
    'ReplicaSet',
    'StatefulSet',
    'ReplicationController',
  ] as const) {
    informers.onChange(kind, ({ previous, current }) => {
      if (previous?.spec?.replicas === current?.spec?.replicas) return
      const { namespace } = current?.metadata ?? previous?.metadata ?? {}
      for (const budget of listers.PodDisruptionBudget.list(namespace)) {
        if (needsScale(budget)) queue.add(keyText(keyOf(budget)))
      }
    })
  }
  await runWorkers({ name: 'disruption-controller', queue, shell }, (key) => sync(key, shell))
}

function budgetsOf(pod: Pod | undefined, { PodDisruptionBudget }: Listers) {
  if (!pod) return []
  return PodDisruptionBudget.list(pod.metadata.namespace).filter(({ spec }) =>
    labelSelectorMatches(spec.selector, pod.metadata.labels),
  )
}

async function sync(key: string, shell: DisruptionShell): Promise<number | undefined> {
  const { informers, client, clock } = shell
  const [namespace = '', name = ''] = key.split('/')
  const budget = informers.listers.PodDisruptionBudget.get({ namespace, name })
  if (!budget) return undefined
  const pods = selected(budget, informers.listers)
  const scale = needsScale(budget)
    ? await scaleOf(pods, informers.listers, client).catch(asError)
    : pods.length
  const plan = planBudget({ budget, pods, scale }, clock.now())
  await applyPlan(plan, shell)
  if (scale instanceof Error) throw scale
  return plan.requeueAfterMs
}

function selected({ metadata, spec }: PodDisruptionBudget, { Pod }: Listers): readonly Pod[] {
  return Pod.list(metadata.namespace).filter((pod) =>
    labelSelectorMatches(spec.selector, pod.metadata.labels),
  )
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
