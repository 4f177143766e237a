// What is wrong with a review of access, and what its selectors select. Pure; in upstream's words.

import { type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import { type FieldTerm, parseFieldSelector } from '../../api/selector/field.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../../api/types.gen.ts'

interface AskedFor {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

export function accessReviewProblems(review: SubjectAccessReview): readonly FieldError[] {
  return [...subjectProblems(review.spec), ...metadataProblems(review.metadata)]
}

export function selfReviewProblems(review: SelfSubjectAccessReview): readonly FieldError[] {
  return [...askedProblems(review.spec ?? {}), ...metadataProblems(review.metadata)]
}

export function localReviewProblems(
  { spec, metadata }: LocalSubjectAccessReview,
  namespace: string,
): readonly FieldError[] {
  const { namespace: _, ...named } = metadata ?? {}
  const { resourceAttributes: of, nonResourceAttributes: path } = spec ?? {}
  const own = of?.namespace ?? ''
  return [
    ...subjectProblems(spec),
    ...metadataProblems(named, 'must be empty except for namespace'),
    ...(of && own !== namespace
      ? [invalid('spec.resourceAttributes.namespace', own, 'must match metadata.namespace')]
      : []),
    ...(path
      ? [invalid('spec.nonResourceAttributes', path, 'disallowed on this kind of request')]
      : []),
  ]
}

function subjectProblems(spec: SubjectAccessReview['spec'] | undefined): readonly FieldError[] {
  const isSomebody = Boolean(spec?.user) || (spec?.groups ?? []).length > 0
  return [
    ...askedProblems(spec ?? {}),
    ...(isSomebody
      ? []
      : [invalid('spec.user', '', 'at least one of user or group must be specified')]),
  ]
}

function askedProblems({ resourceAttributes: of, nonResourceAttributes: path }: AskedFor) {
  const together = 'cannot be specified in combination with resourceAttributes'
  const neither = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [
    ...(of && path ? [invalid('spec.nonResourceAttributes', path, together)] : []),
    ...(!of && !path ? [invalid('spec.resourceAttributes', null, neither)] : []),
    ...selectorProblems('spec.resourceAttributes.fieldSelector', of?.fieldSelector),
    ...selectorProblems('spec.resourceAttributes.labelSelector', of?.labelSelector),
  ]
}

function metadataProblems(metadata: object = {}, what = 'must be empty'): readonly FieldError[] {
  const set = Object.entries(metadata).filter(
    ([key, value]) => key !== 'managedFields' && value !== '' && value !== null,
  )
  return set.length > 0 ? [invalid('metadata', metadata, what)] : []
}

function selectorProblems(
  field: string,
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
): readonly FieldError[] {
  if (!selector) return []
  const { rawSelector, requirements = [] } = selector
  if (rawSelector && requirements.length > 0) {
    const why = 'may not specified at the same time as requirements'
    return [invalid(`${field}.rawSelector`, rawSelector, why)]
  }
  if (!rawSelector && requirements.length === 0) {
    const why = `when ${field} is specified, requirements or rawSelector is required`
    return [required(`${field}.requirements`, why)]
  }
  return requirements.flatMap((requirement, index) =>
    requirementProblems(`${field}.requirements[${index}]`, requirement),
  )
}

interface Requirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

function requirementProblems(field: string, { key, operator = '', values = [] }: Requirement) {
  const problems: FieldError[] = []
  if (!key) problems.push(required(`${field}.key`, 'must be specified'))
  if (operator === 'In' || operator === 'NotIn') {
    const why = "must be specified when `operator` is 'In' or 'NotIn'"
    if (values.length === 0) problems.push(required(`${field}.values`, why))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    if (values.length > 0) problems.push(forbidden(`${field}.values`, why))
  } else {
    problems.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  }
  return problems
}

const ignored = 'spec.resourceAttributes.fieldSelector ignored due to parse error'

/** Authorizers are told of what they can understand: fields that have or have not one value. */
export function selectedFields(selector: FieldSelectorAttributes | undefined): {
  readonly fieldSelector?: readonly FieldTerm[]
  readonly errors: readonly string[]
} {
  if (!selector) return { errors: [] }
  const { rawSelector, requirements = [] } = selector
  try {
    if (rawSelector) return { fieldSelector: parseFieldSelector(rawSelector), errors: [] }
  } catch {
    return { errors: [ignored] }
  }
  const fieldSelector = requirements.flatMap(({ key, operator, values = [] }) => {
    const [value, ...others] = values
    if (value === undefined || others.length > 0) return []
    return [{ field: key, operator: operator === 'NotIn' ? '!=' : '=', value } as const]
  })
  return fieldSelector.length > 0 ? { fieldSelector, errors: [] } : { errors: [] }
}
