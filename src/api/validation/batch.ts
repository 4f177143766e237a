// Jobs and CronJobs.

import type { DraftOf } from '../draft.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { type Labels, matchesLabels, rulesIfValid } from '../selector/label.ts'
import type { CronJob, Job, JobSpec } from '../types.gen.ts'
import {
  choiceErrors,
  each,
  fixedErrors,
  labelSelectorErrors,
  largestInt32,
  optionErrors,
  when,
} from './checks.ts'
import { scheduleProblem } from './cron-schedule.ts'
import { at, child } from './field-path.ts'
import { nonNegativeErrors } from './metadata.ts'
import { podTemplateErrors } from './pod-template.ts'

type Spec = DraftOf<JobSpec>

const uidLabel = 'batch.kubernetes.io/controller-uid'
const nameLabel = 'batch.kubernetes.io/job-name'

function jobErrors(job: DraftOf<Job>): FieldError[] {
  const { spec = {} } = job
  const labels = spec.template?.metadata?.labels
  const detail = '`selector` does not match template `labels`'
  return [
    ...jobSpecErrors(spec, 'spec'),
    ...(spec.selector
      ? labelSelectorErrors(spec.selector, 'spec.selector')
      : [required('spec.selector')]),
    ...when(
      spec.selector && isMissed(spec.selector, labels),
      invalid('spec.template.metadata.labels', labels ?? null, detail),
    ),
  ]
}

export function jobCreateErrors(job: DraftOf<Job>): FieldError[] {
  return [...generatedSelectorErrors(job, true), ...jobErrors(job)]
}

/**
 * Unless it is the user's own, the selector is the server's and finds this Job's Pods alone. Jobs
 * made before 1.27 have only the labels without a prefix.
 */
function generatedSelectorErrors(
  { metadata, spec = {} }: DraftOf<Job>,
  isPrefixed: boolean,
): FieldError[] {
  const { selector, manualSelector, template } = spec
  if (manualSelector || !selector) return []
  const labels = template?.metadata?.labels
  const { uid = '', name = '' } = metadata ?? {}
  const wanted = isPrefixed ? { [uidLabel]: uid, [nameLabel]: name } : {}
  const all = { ...wanted, 'controller-uid': uid, 'job-name': name }
  const path = 'spec.template.metadata.labels'
  return [
    ...when(!metadata?.uid, required('metadata.uid')),
    ...Object.entries(wanted).flatMap(([key, value]) => {
      if (labels?.[key] === value) return []
      if (labels?.[key] === undefined) return [required(at(path, key), `must be '${value}'`)]
      return [invalid(at(path, key), labels, `must be '${value}'`)]
    }),
    ...when(
      isMissed(selector, all),
      invalid('spec.selector', selector, '`selector` not auto-generated'),
    ),
  ]
}

/** A broken selector is another matter, and named elsewhere. */
function isMissed(selector: Spec['selector'], labels: Labels | undefined): boolean {
  const rules = rulesIfValid(selector)
  return rules !== undefined && !matchesLabels(rules, labels)
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

function jobSpecErrors(spec: Spec, path: string): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy
  const policies = ['OnFailure', 'Never']
  const policyPath = child(path, 'template', 'spec.restartPolicy')
  return [
    ...counts.flatMap((name) => nonNegativeErrors(spec[name] ?? 0, child(path, name))),
    ...completionErrors(spec, path),
    ...optionErrors(spec.podReplacementPolicy, child(path, 'podReplacementPolicy'), [
      'Failed',
      'TerminatingOrFailed',
    ]),
    ...when(
      spec.podFailurePolicy && spec.podReplacementPolicy === 'TerminatingOrFailed',
      notSupported(child(path, 'podReplacementPolicy'), spec.podReplacementPolicy, ['Failed']),
    ),
    ...podTemplateErrors(spec.template ?? {}, child(path, 'template')),
    ...when(
      policy === 'Always' || policy === undefined,
      required(policyPath, 'valid values: "OnFailure", "Never"'),
    ),
    ...when(
      policy !== undefined && policy !== 'Always' && !policies.includes(policy),
      notSupported(policyPath, policy, policies),
    ),
    ...failurePolicyErrors(spec, child(path, 'podFailurePolicy')),
    ...successPolicyErrors(spec, child(path, 'successPolicy')),
  ]
}

const manyIndexes = 100_000

function completionErrors(spec: Spec, path: string): FieldError[] {
  const { completionMode, completions, parallelism = 0 } = spec
  const isIndexed = completionMode === 'Indexed'
  const indexedOnly = ['backoffLimitPerIndex', 'maxFailedIndexes'] as const
  return [
    ...optionErrors(completionMode, child(path, 'completionMode'), ['Indexed', 'NonIndexed']),
    ...when(
      isIndexed && completions === undefined,
      required(child(path, 'completions'), 'when completion mode is Indexed'),
    ),
    ...when(
      isIndexed && parallelism > manyIndexes,
      invalid(
        child(path, 'parallelism'),
        parallelism,
        `must be less than or equal to ${manyIndexes} when completion mode is Indexed`,
      ),
    ),
    ...indexedOnly.flatMap((name) =>
      when(
        !isIndexed && spec[name] !== undefined,
        invalid(child(path, name), spec[name], 'requires indexed completion mode'),
      ),
    ),
    ...when(
      spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined,
      required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified'),
    ),
    ...when(
      isIndexed && (completions ?? 0) > largestInt32,
      invalid(child(path, 'completions'), completions, 'must be a 32bit integer'),
    ),
  ]
}

const failureActions = ['Count', 'FailIndex', 'FailJob', 'Ignore']

function failurePolicyErrors(spec: Spec, path: string): FieldError[] {
  const { podFailurePolicy, template } = spec
  if (!podFailurePolicy) return []
  const { rules } = podFailurePolicy
  return [
    ...when(
      template?.spec?.restartPolicy !== 'Never',
      invalid(
        'spec.template.spec.restartPolicy',
        template?.spec?.restartPolicy,
        'only "Never" is supported when podFailurePolicy is specified',
      ),
    ),
    ...when<FieldError>((rules?.length ?? 0) > 20, {
      type: 'TooMany',
      field: child(path, 'rules'),
      badValue: rules?.length,
      detail: 'must have at most 20 items',
    }),
    ...each(rules, child(path, 'rules'), (rule, place) => [
      ...choiceErrors(rule.action, child(place, 'action'), failureActions),
      ...when(
        rule.onExitCodes && rule.onPodConditions?.length,
        invalid(place, '', 'specifying both OnExitCodes and OnPodConditions is not supported'),
      ),
      ...when(
        !rule.onExitCodes && !rule.onPodConditions?.length,
        invalid(place, '', 'specifying one of OnExitCodes and OnPodConditions is required'),
      ),
      ...exitCodeErrors(rule.onExitCodes, child(place, 'onExitCodes'), spec),
    ]),
  ]
}

type ExitCodes = NonNullable<NonNullable<Spec['podFailurePolicy']>['rules']>[number]['onExitCodes']

function exitCodeErrors(codes: ExitCodes, path: string, { template }: Spec): FieldError[] {
  if (!codes) return []
  const { operator, values = [], containerName } = codes
  const pod = template?.spec
  const names = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name)
  const isRising = values.every((value, index) => index === 0 || (values[index - 1] ?? 0) <= value)
  return [
    ...choiceErrors(operator, child(path, 'operator'), ['In', 'NotIn']),
    ...when(
      containerName !== undefined && !names.includes(containerName),
      invalid(
        child(path, 'containerName'),
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    ),
    ...when(
      values.length === 0,
      invalid(child(path, 'values'), values, 'at least one value is required'),
    ),
    ...each(values, child(path, 'values'), (value, place) =>
      when(
        operator === 'In' && value === 0,
        invalid(place, value, 'must not be 0 for the In operator'),
      ),
    ),
    ...when(!isRising, invalid(child(path, 'values'), values, 'must be ordered')),
  ]
}

function successPolicyErrors(spec: Spec, path: string): FieldError[] {
  const { successPolicy, completionMode } = spec
  if (!successPolicy) return []
  if (completionMode !== 'Indexed') {
    return [invalid(path, successPolicy, 'requires indexed completion mode')]
  }
  const { rules } = successPolicy
  return [
    ...when(
      !rules?.length,
      required(
        child(path, 'rules'),
        'at least one rules must be specified when the successPolicy is specified',
      ),
    ),
    ...each(rules, child(path, 'rules'), ({ succeededCount, succeededIndexes }, place) =>
      when(
        succeededCount === undefined && succeededIndexes === undefined,
        required(place, 'at least one of succeededCount or succeededIndexes must be specified'),
      ),
    ),
  ]
}

const fixedFields = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

export function jobUpdateErrors(next: DraftOf<Job>, previous: DraftOf<Job>): FieldError[] {
  const spec = next.spec ?? {}
  const before = previous.spec ?? {}
  const labels = before.template?.metadata?.labels
  const isPrefixed = labels?.[uidLabel] !== undefined && labels[nameLabel] !== undefined
  return [
    ...generatedSelectorErrors(next, isPrefixed),
    ...jobErrors(next),
    ...completionsUpdateErrors(spec, before),
    ...fixedFields.flatMap((name) => fixedErrors(spec[name], before[name], `spec.${name}`)),
    ...fixedErrors(withFreeTemplate(spec, previous), before.template, 'spec.template'),
  ]
}

/** An elastic indexed Job changes its completions together with its parallelism. */
function completionsUpdateErrors(spec: Spec, before: Spec): FieldError[] {
  const path = 'spec.completions'
  if (spec.completionMode !== 'Indexed')
    return fixedErrors(spec.completions, before.completions, path)
  const isSame = spec.completions === before.completions
  const isElastic = spec.completions === spec.parallelism
  const detail = 'can only be modified in tandem with spec.parallelism'
  return when(!isSame && !isElastic, invalid(path, spec.completions, detail))
}

/** Where Pods will run may still be said while none has been started. */
function withFreeTemplate(spec: Spec, { spec: before, status }: DraftOf<Job>): Spec['template'] {
  const isWaiting = before?.suspend && !status?.startTime
  const old = before?.template
  if (!isWaiting || !spec.template?.spec || !old?.spec) return spec.template
  const { nodeSelector, tolerations, affinity, schedulingGates } = old.spec
  const free = { nodeSelector, tolerations, affinity, schedulingGates }
  const metadata = {
    ...spec.template.metadata,
    labels: old.metadata?.labels,
    annotations: old.metadata?.annotations,
  }
  return { ...spec.template, metadata, spec: { ...spec.template.spec, ...free } }
}

export function jobStatusErrors({ status = {} }: DraftOf<Job>): FieldError[] {
  const names = ['active', 'ready', 'succeeded', 'failed', 'terminating'] as const
  return names.flatMap((name) => nonNegativeErrors(status[name] ?? 0, `status.${name}`))
}

export function cronJobErrors({ metadata, spec = {} }: DraftOf<CronJob>): FieldError[] {
  const { schedule, timeZone, jobTemplate } = spec
  const name = metadata?.name ?? ''
  const limits = [
    'startingDeadlineSeconds',
    'successfulJobsHistoryLimit',
    'failedJobsHistoryLimit',
  ] as const
  const inner = jobTemplate?.spec ?? {}
  return [
    ...when(name.length > 52, invalid('metadata.name', name, 'must be no more than 52 characters')),
    ...(schedule ? scheduleErrors(schedule, timeZone) : [required('spec.schedule')]),
    ...zoneErrors(timeZone),
    ...limits.flatMap((field) => nonNegativeErrors(spec[field] ?? 0, `spec.${field}`)),
    ...choiceErrors(spec.concurrencyPolicy, 'spec.concurrencyPolicy', [
      'Allow',
      'Forbid',
      'Replace',
    ]),
    ...jobSpecErrors(inner, 'spec.jobTemplate.spec'),
    ...when(
      inner.selector,
      invalid(
        'spec.jobTemplate.spec.selector',
        inner.selector,
        '`selector` will be auto-generated',
      ),
    ),
    ...when(
      inner.manualSelector,
      notSupported('spec.jobTemplate.spec.manualSelector', inner.manualSelector, ['nil', 'false']),
    ),
  ]
}

function scheduleErrors(schedule: string, timeZone: string | undefined): FieldError[] {
  const problem = scheduleProblem(schedule)
  const hasZone = schedule.includes('TZ')
  const words =
    timeZone === undefined
      ? 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
      : 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
  return [
    ...when(problem !== undefined, invalid('spec.schedule', schedule, problem ?? '')),
    ...when(hasZone, invalid('spec.schedule', schedule, words)),
  ]
}

function zoneErrors(timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined) return []
  const path = 'spec.timeZone'
  if (timeZone === '') return [invalid(path, timeZone, 'timeZone must be nil or non-empty string')]
  if (timeZone.toLowerCase() === 'local') {
    return [
      invalid(
        path,
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ]
  }
  return when(!isZone(timeZone), invalid(path, timeZone, `unknown time zone ${timeZone}`))
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}
