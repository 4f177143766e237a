// Leases, Events, disruption budgets, runtime classes.

import type { DraftOf } from '../draft.ts'
import { duplicate, type FieldError, invalid, required } from '../field-error.ts'
import type { Event, EventsEvent, Lease, PodDisruptionBudget, RuntimeClass } from '../types.gen.ts'
import {
  fixedErrors,
  labelSelectorErrors,
  optionErrors,
  repeatedOf,
  requiredForm,
  when,
} from './checks.ts'
import { at, child } from './field-path.ts'
import { labelsErrors, nonNegativeErrors } from './metadata.ts'
import { dnsLabelProblems, qualifiedNameProblems } from './names.ts'
import { requirementsErrors } from './resources.ts'
import { tolerationsErrors } from './scheduling.ts'
import { amountOrPercentErrors, notOverHundredErrors } from './workloads.ts'

export function leaseErrors({ spec = {} }: DraftOf<Lease>): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec
  const { strategy, preferredHolder } = spec
  return [
    ...when(
      seconds !== undefined && seconds <= 0,
      invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'),
    ),
    ...when(
      transitions !== undefined && transitions < 0,
      invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'),
    ),
    ...optionErrors(strategy, 'spec.strategy', ['OldestEmulationVersion']),
    ...when<FieldError>(preferredHolder && !strategy, {
      type: 'Forbidden',
      field: 'spec.preferredHolder',
      detail: 'may only be specified when `strategy` is defined',
    }),
  ]
}

/** An event lives in the namespace of what it is about; of cluster-wide things in `default`. */
export function eventErrors({ metadata, involvedObject, ...event }: DraftOf<Event>): FieldError[] {
  const namespace = metadata?.namespace ?? ''
  const about = involvedObject?.namespace ?? ''
  const isElsewhere =
    about === '' ? namespace !== 'default' && namespace !== 'kube-system' : about !== namespace
  const path = 'involvedObject.namespace'
  return [
    ...when(isElsewhere, invalid(path, about, 'does not match event.namespace')),
    ...(event.eventTime ? newStyleErrors(event) : []),
  ]
}

interface NewStyle {
  readonly reportingComponent?: string | undefined
  readonly reportingController?: string | undefined
  readonly reportingInstance?: string | undefined
  readonly action?: string | undefined
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly note?: string | undefined
  readonly type?: string | undefined
}

const longestWord = 128
const longestNote = 1024

/** Events with a time of their own are of the newer form, which asks for more. */
function newStyleErrors(event: NewStyle): FieldError[] {
  const controller = event.reportingComponent ?? event.reportingController
  const { reportingInstance = '', action = '', reason = '', type = '' } = event
  const note = event.message ?? event.note ?? ''
  const longWord = (text: string, path: string) =>
    when(text.length > longestWord, invalid(path, '', `can have at most ${longestWord} characters`))
  return [
    ...requiredForm(controller, 'reportingController', qualifiedNameProblems),
    ...when(reportingInstance === '', required('reportingInstance')),
    ...longWord(reportingInstance, 'reportingInstance'),
    ...when(action === '', required('action')),
    ...longWord(action, 'action'),
    ...when(reason === '', required('reason')),
    ...longWord(reason, 'reason'),
    ...when(
      note.length > longestNote,
      invalid('message', '', `can have at most ${longestNote} characters`),
    ),
    ...when(
      type !== 'Normal' && type !== 'Warning',
      invalid('type', '', `has invalid value: ${type}`),
    ),
  ]
}

export function newEventErrors({
  metadata,
  regarding,
  ...event
}: DraftOf<EventsEvent>): FieldError[] {
  const namespace = metadata?.namespace ?? ''
  const about = regarding?.namespace ?? ''
  const isElsewhere =
    about === '' ? namespace !== 'default' && namespace !== 'kube-system' : about !== namespace
  return [
    ...when(
      isElsewhere,
      invalid('involvedObject.namespace', about, 'does not match event.namespace'),
    ),
    ...when(!event.eventTime, required('eventTime')),
    ...newStyleErrors(event),
  ]
}

export function budgetErrors({ spec = {} }: DraftOf<PodDisruptionBudget>): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = spec
  const isBoth = minAvailable !== undefined && maxUnavailable !== undefined
  const detail = 'minAvailable and maxUnavailable cannot be both set'
  return [
    ...when(isBoth, invalid('spec', spec, detail)),
    ...(minAvailable === undefined
      ? []
      : [
          ...amountOrPercentErrors(minAvailable, 'spec.minAvailable'),
          ...notOverHundredErrors(minAvailable, 'spec.minAvailable'),
        ]),
    ...(maxUnavailable === undefined
      ? []
      : [
          ...amountOrPercentErrors(maxUnavailable, 'spec.maxUnavailable'),
          ...notOverHundredErrors(maxUnavailable, 'spec.maxUnavailable'),
        ]),
    ...optionErrors(unhealthyPodEvictionPolicy, 'spec.unhealthyPodEvictionPolicy', [
      'AlwaysAllow',
      'IfHealthyBudget',
    ]),
    ...labelSelectorErrors(spec.selector, 'spec.selector'),
  ]
}

export function budgetStatusErrors({ status = {} }: DraftOf<PodDisruptionBudget>): FieldError[] {
  const names = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
  return names.flatMap((name) => nonNegativeErrors(status[name] ?? 0, `status.${name}`))
}

export function runtimeClassErrors(runtimeClass: DraftOf<RuntimeClass>): FieldError[] {
  const { handler = '', overhead, scheduling } = runtimeClass
  const tolerations = scheduling?.tolerations ?? []
  const path = 'scheduling.tolerations'
  const repeated = repeatedOf(tolerations, (toleration) =>
    JSON.stringify([toleration.key, toleration.operator, toleration.value, toleration.effect]),
  )
  return [
    ...dnsLabelProblems(handler).map((problem) => invalid('handler', handler, problem)),
    ...(overhead
      ? requirementsErrors({ limits: overhead.podFixed ?? {} }, 'overhead', { claimNames: [] })
      : []),
    ...labelsErrors(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
    ...tolerationsErrors(tolerations, child(path, 'tolerations')),
    ...repeated.map(({ element, index }) => duplicate(at(path, index), element)),
  ]
}

export function runtimeClassUpdateErrors(
  next: DraftOf<RuntimeClass>,
  previous: DraftOf<RuntimeClass>,
): FieldError[] {
  return fixedErrors(next.handler, previous.handler, 'handler')
}
