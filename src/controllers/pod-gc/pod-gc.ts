// Pod garbage collection: every 20 seconds, what the plan finds.

import { applyPlan } from '../../client/apply.ts'
import type { ControllerShell } from '../../client/controller-runner.ts'
import { runEvery } from '../every.ts'
import { planPodGc } from './plan.ts'

/** Upstream's terminated-pod-gc-threshold. */
const mostTerminated = 12_500

export function runPodGc(shell: ControllerShell): Promise<void> {
  const { informers, clock } = shell
  const missingSinceMs = new Map<string, number>()
  return runEvery({ name: 'pod-garbage-collector', periodMs: 20_000 }, shell, async () => {
    const pods = informers.listers.Pod.list()
    const nodes = informers.listers.Node.list()
    const now = clock.now()
    noteMissing(missingSinceMs, new Set(pods.map(({ spec }) => spec.nodeName ?? '')), {
      present: new Set(nodes.map(({ metadata }) => metadata.name)),
      nowMs: now.getTime(),
    })
    const actions = planPodGc({ pods, nodes, missingSinceMs, mostTerminated }, now)
    await applyPlan({ actions }, shell)
  })
}

function noteMissing(
  missing: Map<string, number>,
  named: ReadonlySet<string>,
  { present, nowMs }: { readonly present: ReadonlySet<string>; readonly nowMs: number },
): void {
  for (const name of missing.keys()) {
    if (present.has(name) || !named.has(name)) missing.delete(name)
  }
  for (const name of named) {
    if (name && !present.has(name) && !missing.has(name)) missing.set(name, nowMs)
  }
}
