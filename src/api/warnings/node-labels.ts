// Table: labels of nodes that are no longer in use, and what is said of them.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type { NodeSelectorTerm } from '../types.gen.ts'
import { each, when } from '../validation/checks.ts'
import { child } from '../validation/field-path.ts'
import { labelValueProblems } from '../validation/names.ts'

const deprecated: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

export function nodeLabelWarning(label: string): string | undefined {
  return Object.hasOwn(deprecated, label) ? deprecated[label] : undefined
}

type Term = DraftOf<NodeSelectorTerm>

/** Values are looked at where validation does not: in what is only preferred. */
export function termWarnings(term: Term, path: string, looksAtValues: boolean): string[] {
  const list = child(path, 'matchExpressions')
  return each(term.matchExpressions, list, ({ key = '', values }, place) => {
    const said = nodeLabelWarning(key)
    return all(
      when(said !== undefined, `${child(place, 'key')}: ${key} is ${said}`),
      each(looksAtValues ? values : [], child(place, 'values'), (value, at) =>
        labelValueProblems(value).map((problem) => `${at}: ${value} is invalid, ${problem}`),
      ),
    )
  })
}
