// What a DELETE asks for, from its body or its query.

import { isDraft } from '../../api/draft.ts'
import { invalid, notSupported } from '../../api/field-error.ts'
import { badRequest } from './errors.ts'
import { assertOptions, dryRunErrors } from './options.ts'

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined
  readonly propagationPolicy: 'Orphan' | 'Background' | 'Foreground' | undefined
  /** Deprecated form of the policy. */
  readonly orphanDependents: boolean | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  readonly isDryRun: boolean
}

const policies = ['Foreground', 'Background', 'Orphan']

/** `body` is the decoded DeleteOptions; absent: the query says it all. Throws Invalid. */
export function deleteOptions(
  body: Readonly<Record<string, unknown>> | undefined,
  query: URLSearchParams,
): DeleteOptions {
  const sent = body ?? fromQuery(query)
  const policy = sent['propagationPolicy']
  const orphanDependents = booleanOf(sent['orphanDependents'])
  const dryRun = Array.isArray(sent['dryRun']) ? sent['dryRun'].map(String) : []
  assertOptions('DeleteOptions', [
    ...(policy !== undefined && orphanDependents !== undefined
      ? [
          invalid(
            'propagationPolicy',
            policy,
            'orphanDependents and deletionPropagation cannot be both set',
          ),
        ]
      : []),
    ...(policy !== undefined && !isPolicy(policy)
      ? [notSupported('propagationPolicy', policy, [...policies, 'nil'])]
      : []),
    ...dryRunErrors(dryRun),
  ])
  const preconditions = isDraft(sent['preconditions']) ? sent['preconditions'] : {}
  const seconds = sent['gracePeriodSeconds']
  return {
    gracePeriodSeconds:
      typeof seconds === 'number' ? Math.max(seconds, seconds < 0 ? 1 : 0) : undefined,
    propagationPolicy: isPolicy(policy) ? policy : undefined,
    orphanDependents,
    uid: stringOf(preconditions['uid']),
    resourceVersion: stringOf(preconditions['resourceVersion']),
    isDryRun: dryRun.length > 0,
  }
}

function fromQuery(query: URLSearchParams): Readonly<Record<string, unknown>> {
  if (query.size === 0) return {}
  const seconds = query.get('gracePeriodSeconds')
  if (seconds !== null && !/^-?\d+$/.test(seconds)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(seconds)}: invalid syntax`)
  }
  const orphan = query.get('orphanDependents')
  return {
    ...(seconds !== null && { gracePeriodSeconds: Number(seconds) }),
    ...(query.has('propagationPolicy') && { propagationPolicy: query.get('propagationPolicy') }),
    ...(orphan !== null && { orphanDependents: orphan !== 'false' && orphan !== '0' }),
    dryRun: query.getAll('dryRun'),
  }
}

function isPolicy(value: unknown): value is 'Orphan' | 'Background' | 'Foreground' {
  return typeof value === 'string' && policies.includes(value)
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}
