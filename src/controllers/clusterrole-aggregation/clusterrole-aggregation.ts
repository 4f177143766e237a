// ClusterRoles with an aggregation rule hold the rules of all that it selects, by name, once each.

import { matchesSelector } from '../../api/selector/match.ts'
import type { ClusterRole } from '../../api/types.gen.ts'
import type { Controller } from '../../client/controller.ts'
import { nothing, type Plan, update } from '../../client/plan.ts'
import { canonicalText, isSame } from '../template-hash.ts'

export interface Observed {
  readonly role: ClusterRole
  readonly roles: readonly ClusterRole[]
}

export const clusterRoleAggregation: Controller<Observed> = {
  name: 'clusterrole-aggregation-controller',
  reconciles: 'ClusterRole',
  triggers: {
    ClusterRole: (_, { ClusterRole }) =>
      ClusterRole.list()
        .filter(({ aggregationRule }) => aggregationRule)
        .map(({ metadata }) => metadata),
  },
  observe(key, { ClusterRole }) {
    const role = ClusterRole.get(key)
    return role?.aggregationRule && { role, roles: ClusterRole.list() }
  },
  plan: planAggregation,
}

export function planAggregation({ role, roles }: Observed): Plan {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? []
  const selected = selectors.flatMap((selector) =>
    roles
      .filter(
        ({ metadata }) =>
          metadata.name !== role.metadata.name && matchesSelector(selector, metadata.labels),
      )
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
  )
  const rules = new Map(
    selected.flatMap((each) => (each.rules ?? []).map((rule) => [canonicalText(rule), rule])),
  )
  const wanted = [...rules.values()]
  if (isSame(role.rules ?? [], wanted)) return nothing
  return { actions: [update('ClusterRole', { ...role, rules: wanted })] }
}
