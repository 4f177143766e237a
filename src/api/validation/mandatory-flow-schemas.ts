// Table: the flow schemas without which there is no order, and that nobody may change.

import type { FlowSchemaSpec } from '../types.gen.ts'

const group = (name: string) => ({ kind: 'Group', group: { name } })

const everything = {
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}

export const mandatoryFlowSchemas = {
  exempt: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 1,
    rules: [{ subjects: [group('system:masters')], ...everything }],
  },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [
      {
        subjects: [group('system:unauthenticated'), group('system:authenticated')],
        ...everything,
      },
    ],
  },
} as const satisfies Readonly<Record<string, FlowSchemaSpec>>

export function fixedFlowSchema(name: string | undefined): FlowSchemaSpec | undefined {
  return Object.entries(mandatoryFlowSchemas).find(([each]) => each === name)?.[1]
}
