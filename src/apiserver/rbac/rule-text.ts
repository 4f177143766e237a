// One policy rule as one line of a table: VERBS GROUPS RESOURCES [named NAMES], or VERBS url PATHS.
// Each part is a comma list; `core` is the group without a name, read and write stand for several verbs.

import assert from 'node:assert/strict'
import type { PolicyRule } from '../../api/types.gen.ts'

const verbSets: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'delete', 'deletecollection', 'patch', 'update'],
  readwrite: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
}

export function policyRule(line: string): PolicyRule {
  const [verbList = '', groups = '', things = '', named, names] = line.split(' ')
  assert(things && (named === undefined || (named === 'named' && names)), `bad rule: ${line}`)
  const verbs = verbList.split(',').flatMap((verb) => verbSets[verb] ?? [verb])
  if (groups === 'url') return { nonResourceURLs: things.split(','), verbs }
  return {
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    ...(names && { resourceNames: names.split(',') }),
    resources: things.split(','),
    verbs,
  }
}
