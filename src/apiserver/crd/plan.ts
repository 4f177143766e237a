// What the status of a definition should be, from it and the others of its group: which names are
// accepted, whether it is established, whether its schemas are structural. Pure.
// Source of reasons and messages: upstream's naming, establishing and schema controllers.

import { isSame, isSameMeaning } from '../../api/draft.ts'
import { errorBody } from '../../api/field-error.ts'
import { approvalOf } from '../../api/structural/api-approval.ts'
import { isBundle } from '../../api/structural/conversion-errors.ts'
import { structuralErrors } from '../../api/structural/structural-errors.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../api/types.gen.ts'
import {
  findCondition,
  isTrue,
  type NewCondition,
  withCondition,
  withoutCondition,
} from './conditions.ts'

type Definition = CustomResourceDefinition
type Names = CustomResourceDefinitionNames

/** The status that should be written, or undefined where it is as it should be. */
export function planStatus(
  definition: Definition,
  others: readonly Definition[],
  now: Date,
): CustomResourceDefinitionStatus | undefined {
  const time = `${now.toISOString().slice(0, 19)}Z`
  const { status = {} } = definition
  const naming = planNames(definition, others)
  const set = (conditions: NonNullable<typeof status.conditions>, each: NewCondition) =>
    withCondition(conditions, each, time)
  const conditions = [
    naming.condition,
    ...establishment(definition, naming.condition),
    ...approvalCondition(definition),
  ].reduce(set, [...(status.conditions ?? [])])
  const schema = schemaCondition(definition)
  const next = {
    ...status,
    acceptedNames: naming.names,
    conditions: schema
      ? set(conditions, schema)
      : withoutCondition(conditions, 'NonStructuralSchema'),
  }
  return isSameMeaning(next, status) ? undefined : next
}

interface Naming {
  readonly names: Names
  readonly condition: NewCondition
}

const noNames: Names = { kind: '', plural: '' }

function planNames(definition: Definition, others: readonly Definition[]): Naming {
  const { names: wanted, group } = definition.spec
  const accepted = definition.status?.acceptedNames ?? noNames
  const taken = takenNames(
    others.filter((other) => other.spec.group === group && !isSelf(other, definition)),
  )
  const names: { -readonly [K in keyof Names]: Names[K] } = { ...accepted }
  let conflict: NewCondition | undefined
  const claim = (name: string | undefined, own: string | undefined, used: ReadonlySet<string>) =>
    !name || name === own || !used.has(name)
      ? undefined
      : `${JSON.stringify(name)} is already in use`
  for (const { field, reason, used } of [
    { field: 'plural', reason: 'PluralConflict', used: taken.resources },
    { field: 'singular', reason: 'SingularConflict', used: taken.resources },
    { field: 'kind', reason: 'KindConflict', used: taken.kinds },
    { field: 'listKind', reason: 'ListKindConflict', used: taken.kinds },
  ] as const) {
    if (field === 'kind') conflict = claimShortNames() ?? conflict
    const message = claim(wanted[field], accepted[field], used)
    if (message) conflict = refused(reason, message)
    else if (wanted[field] !== undefined) names[field] = wanted[field]
  }

  function claimShortNames(): NewCondition | undefined {
    const { shortNames = [] } = wanted
    const messages = shortNames
      .filter((name) => !accepted.shortNames?.includes(name))
      .flatMap((name) => claim(name, undefined, taken.resources) ?? [])
    if (messages.length > 0) return refused('ShortNamesConflict', aggregate(messages))
    setOrDelete(names, 'shortNames', wanted.shortNames)
    return undefined
  }

  setOrDelete(names, 'categories', wanted.categories)
  return { names, condition: conflict ?? noConflicts }
}

function isSelf(one: Definition, other: Definition): boolean {
  return one.metadata.name === other.metadata.name
}

function setOrDelete<K extends 'shortNames' | 'categories'>(
  names: { -readonly [N in keyof Names]: Names[N] },
  key: K,
  value: Names[K],
): void {
  if (value === undefined) delete names[key]
  else names[key] = value
}

const noConflicts: NewCondition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}

function refused(reason: string, message: string): NewCondition {
  return { type: 'NamesAccepted', status: 'False', reason, message }
}

/** Several messages as Go's aggregate shows them. */
function aggregate(messages: readonly string[]): string {
  const [first = ''] = messages
  return messages.length > 1 ? `[${messages.join(', ')}]` : first
}

function takenNames(definitions: readonly Definition[]) {
  const accepted = definitions.flatMap(({ status }) => status?.acceptedNames ?? [])
  return {
    resources: new Set(
      accepted.flatMap(({ plural, singular = '', shortNames = [] }) => [
        plural,
        singular,
        ...shortNames,
      ]),
    ),
    kinds: new Set(accepted.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  }
}

/** Once established, a definition stays so, whatever becomes of its names. */
function establishment(definition: Definition, naming: NewCondition): readonly NewCondition[] {
  if (isTrue(definition, 'Established')) return []
  if (naming.status === 'True' && !hasSoundBundle(definition)) {
    const message = 'The conversion webhook CABundle is invalid'
    return [{ type: 'Established', status: 'False', reason: 'InvalidCABundle', message }]
  }
  if (naming.status === 'True') {
    return [
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ]
  }
  if (findCondition(definition, 'Established')) return []
  return [
    {
      type: 'Established',
      status: 'False',
      reason: 'NotAccepted',
      message: 'not all names are accepted',
    },
  ]
}

function hasSoundBundle({ spec }: Definition): boolean {
  return isBundle(spec.conversion?.webhook?.clientConfig?.caBundle ?? '')
}

function schemaCondition({ spec }: Definition): NewCondition | undefined {
  const preserved = spec.preserveUnknownFields
    ? ['spec.preserveUnknownFields: Invalid value: true: must be false']
    : []
  const messages = spec.versions.flatMap(({ schema }, index) => {
    if (!schema?.openAPIV3Schema) return []
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    return structuralErrors(schema.openAPIV3Schema, path).map(
      (error) => `${error.field}: ${errorBody(error)}`,
    )
  })
  const all = [...preserved, ...messages]
  if (all.length === 0) return undefined
  return {
    type: 'NonStructuralSchema',
    status: 'True',
    reason: 'Violations',
    message: aggregate(all),
  }
}

const approvals = {
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
  missing: { status: 'False', reason: 'MissingAnnotation' },
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
  bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
} as const

function approvalCondition(definition: Definition): readonly NewCondition[] {
  const { annotations = {} } = definition.metadata
  const { group } = definition.spec
  const approval = approvalOf({ metadata: { annotations: { ...annotations } }, spec: { group } })
  if (!approval) return []
  const type = 'KubernetesAPIApprovalPolicyConformant'
  return [{ type, ...approvals[approval.state], message: approval.reason }]
}

/** Whether all names that were asked for are accepted. */
export function isNamed({ spec, status }: Definition): boolean {
  return isSame(spec.names, status?.acceptedNames)
}
