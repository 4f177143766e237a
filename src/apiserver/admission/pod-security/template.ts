// Where workloads keep the template of their Pods.

import { type Draft, isDraft } from '../../../api/draft.ts'
import type { CheckedPod } from './check.ts'

/** By group/resource: the path to the template. */
const paths: Readonly<Record<string, readonly string[]>> = {
  '/replicationcontrollers': ['spec', 'template'],
  '/podtemplates': ['template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
}

export const templateResources: ReadonlySet<string> = new Set(Object.keys(paths))

export function templateOf(
  { group, plural }: { readonly group: string; readonly plural: string },
  object: Draft,
): CheckedPod | undefined {
  const path = paths[`${group}/${plural}`] ?? []
  let template: Draft[string] = object
  for (const key of path) template = isDraft(template) ? template[key] : undefined
  if (!isDraft(template)) return undefined
  const { metadata, spec } = template
  // The object has the form of its kind, whose template is one of Pods.
  return { metadata: metadata ?? {}, spec: spec ?? {} } as CheckedPod
}
