// Priority levels and the schemas that lead requests to them.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../field-error.ts'
import type {
  FlowcontrolSubject,
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  QueuingConfiguration,
  ResourcePolicyRule,
} from '../types.gen.ts'
import { each, formErrors, repeatedOf, requiredForm, when } from './checks.ts'
import { at, child } from './field-path.ts'
import { fixedFlowSchema } from './mandatory-flow-schemas.ts'
import { dnsLabelProblems, dnsSubdomainProblems } from './names.ts'

type Schema = DraftOf<FlowSchema>

const lastPrecedence = 10_000

export function flowSchemaErrors({ metadata, spec = {}, status }: Schema): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod } = spec
  const place = 'spec.matchingPrecedence'
  const level = 'spec.priorityLevelConfiguration.name'
  const name = spec.priorityLevelConfiguration?.name ?? ''
  return [
    ...when(precedence <= 0, invalid(place, precedence, 'must be a positive value')),
    ...when(
      precedence > lastPrecedence,
      invalid(place, precedence, `must not be greater than ${lastPrecedence}`),
    ),
    ...when(
      precedence === 1 && metadata?.name !== 'exempt',
      invalid(place, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    ),
    ...when(
      distinguisherMethod && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type ?? ''),
      notSupported('spec.distinguisherMethod.type', distinguisherMethod, ['ByNamespace', 'ByUser']),
    ),
    ...(name === ''
      ? [required(level, 'must reference a priority level')]
      : formErrors(name, level, dnsSubdomainProblems)),
    ...each(spec.rules, 'spec.rules', rulesErrors),
    ...fixedErrors(metadata?.name, spec),
    ...conditionsErrors(status?.conditions),
  ]
}

function fixedErrors(name: string | undefined, spec: Schema['spec']): FieldError[] {
  const fixed = fixedFlowSchema(name)
  const isChanged = fixed !== undefined && !isSameMeaning(spec, fixed)
  return when(isChanged, invalid('spec', spec, `spec of '${name}' must equal the fixed value`))
}

function rulesErrors(rules: DraftOf<PolicyRulesWithSubjects>, path: string): FieldError[] {
  const subjects = rules.subjects ?? []
  const resourceRules = rules.resourceRules ?? []
  const nonResourceRules = rules.nonResourceRules ?? []
  return [
    ...when(
      subjects.length === 0,
      required(child(path, 'subjects'), 'subjects must contain at least one value'),
    ),
    ...each(subjects, child(path, 'subjects'), subjectErrors),
    ...when(
      resourceRules.length === 0 && nonResourceRules.length === 0,
      required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'),
    ),
    ...each(resourceRules, child(path, 'resourceRules'), resourceRuleErrors),
    ...each(nonResourceRules, child(path, 'nonResourceRules'), nonResourceRuleErrors),
  ]
}

/** Each kind of subject and the field that says which. */
const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

function subjectErrors(subject: DraftOf<FlowcontrolSubject>, path: string): FieldError[] {
  const own = Object.entries(subjectFields).find(([kind]) => kind === subject.kind)
  if (!own) {
    return [
      notSupported(child(path, 'kind'), subject.kind ?? '', Object.keys(subjectFields).sort()),
    ]
  }
  const others = Object.entries(subjectFields).filter(([kind]) => kind !== subject.kind)
  return [
    ...namedErrors(subject, own, path),
    ...others.flatMap(([kind, field]) =>
      when(
        subject[field],
        forbidden(child(path, field), `${field} is forbidden when subject kind is not '${kind}'`),
      ),
    ),
  ]
}

function namedErrors(
  subject: DraftOf<FlowcontrolSubject>,
  [kind, field]: readonly [string, (typeof subjectFields)[keyof typeof subjectFields]],
  path: string,
): FieldError[] {
  const place = child(path, field)
  const value = subject[field]
  if (!value) return [required(place, `${field} is required when subject kind is '${kind}'`)]
  const { name = '' } = value
  if (field !== 'serviceAccount') return when(name === '', required(child(place, 'name')))
  const namespace = subject.serviceAccount?.namespace ?? ''
  return [
    ...(name === '*' ? [] : requiredForm(name, child(place, 'name'), dnsSubdomainProblems)),
    ...(namespace === ''
      ? [required(child(place, 'namespace'), 'must specify namespace for service account')]
      : formErrors(namespace, child(place, 'namespace'), dnsLabelProblems)),
  ]
}

const verbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
]

/** A list of its own words, or `*` alone. */
function wildcardErrors(list: readonly string[], path: string, others: string): FieldError[] {
  const isMixed = list.includes('*') && list.length > 1
  return when(isMixed, invalid(path, list, `if '*' is present, must not specify other ${others}`))
}

function verbsErrors(list: readonly string[] | undefined, path: string): FieldError[] {
  if (!list?.length) return [required(path, 'verbs must contain at least one value')]
  if (list.includes('*')) return wildcardErrors(list, path, 'verbs')
  return when(!list.every((verb) => verbs.includes(verb)), notSupported(path, list, verbs))
}

function resourceRuleErrors(rule: DraftOf<ResourcePolicyRule>, path: string): FieldError[] {
  // A list that must be there is null where it was not given.
  const apiGroups = rule.apiGroups ?? []
  const resources = rule.resources ?? []
  const namespaces = rule.namespaces ?? []
  const place = child(path, 'namespaces')
  return [
    ...verbsErrors(rule.verbs, child(path, 'verbs')),
    ...when(
      apiGroups.length === 0,
      required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'),
    ),
    ...wildcardErrors(apiGroups, child(path, 'apiGroups'), 'api groups'),
    ...when(
      resources.length === 0,
      required(child(path, 'resources'), 'resource rules must supply at least one resource'),
    ),
    ...wildcardErrors(resources, child(path, 'resources'), 'resources'),
    ...when(
      namespaces.length === 0 && !rule.clusterScope,
      required(
        place,
        'resource rules that are not cluster scoped must supply at least one namespace',
      ),
    ),
    ...(namespaces.includes('*')
      ? wildcardErrors(namespaces, place, 'namespaces')
      : each(namespaces, place, namespaceErrors)),
  ]
}

function namespaceErrors(name: string, path: string): FieldError[] {
  const start = "each member of this list must be '*' or a DNS-1123 label; "
  return dnsLabelProblems(name).map((problem) => invalid(path, name, `${start}${problem}`))
}

function nonResourceRuleErrors(rule: DraftOf<NonResourcePolicyRule>, path: string): FieldError[] {
  const urls = rule.nonResourceURLs ?? []
  const place = child(path, 'nonResourceURLs')
  return [
    ...verbsErrors(rule.verbs, child(path, 'verbs')),
    ...when(urls.length === 0, required(place, 'nonResourceURLs must contain at least one value')),
    ...(urls.includes('*')
      ? wildcardErrors(urls, place, 'non-resource URLs')
      : each(urls, place, urlErrors)),
  ]
}

function urlErrors(url: string, path: string): FieldError[] {
  const problem = urlProblem(url)
  return problem === undefined ? [] : [invalid(path, url, problem)]
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const stars = url.split('*').length - 1
  const isSuffix = stars === 1 && url.endsWith('/*')
  return stars > 0 && !isSuffix ? 'wildcard can only do suffix matching' : undefined
}

interface Condition {
  readonly type?: string | undefined
}

function conditionsErrors(conditions: readonly Condition[] = []): FieldError[] {
  const path = 'status.conditions'
  return [
    ...repeatedOf(conditions, ({ type }) => type).map(({ element, index }) =>
      duplicate(child(at(path, index), 'type'), element.type),
    ),
    ...each(conditions, path, ({ type }, place) =>
      when(!type, required(child(place, 'type'), 'must not be empty')),
    ),
  ]
}

export const flowSchemaStatusErrors = ({ status }: Schema) => conditionsErrors(status?.conditions)

type Level = DraftOf<PriorityLevelConfiguration>

export const priorityLevelStatusErrors = ({ status }: Level) => conditionsErrors(status?.conditions)

export function priorityLevelErrors({ metadata, spec = {}, status }: Level): FieldError[] {
  const { type = '', exempt, limited } = spec
  const isExempt = type === 'Exempt'
  return [
    ...when(
      (metadata?.name === 'exempt') !== isExempt,
      invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"),
    ),
    ...(isExempt ? exemptErrors(exempt, limited) : []),
    ...(type === 'Limited' ? limitedErrors(exempt, limited) : []),
    ...when(
      !isExempt && type !== 'Limited',
      notSupported('spec.type', type, ['Exempt', 'Limited']),
    ),
    ...mandatoryErrors(metadata?.name, spec),
    ...conditionsErrors(status?.conditions),
  ]
}

type Limited = NonNullable<Level['spec']>['limited']
type Exempt = NonNullable<Level['spec']>['exempt']

function exemptErrors(exempt: Exempt, limited: Limited): FieldError[] {
  return [
    ...when(limited, forbidden('spec.limited', 'must be nil if the type is Exempt')),
    ...(exempt
      ? [
          ...sharesErrors(exempt.nominalConcurrencyShares, 'spec.exempt'),
          ...lendableErrors(exempt.lendablePercent, 'spec.exempt'),
        ]
      : []),
  ]
}

function limitedErrors(exempt: Exempt, limited: Limited): FieldError[] {
  const forbids = when(exempt, forbidden('spec.exempt', 'must be nil if the type is Limited'))
  const path = 'spec.limited'
  if (!limited) return [...forbids, required(path, 'must not be empty when type is Limited')]
  const { borrowingLimitPercent: borrowing } = limited
  return [
    ...forbids,
    ...sharesErrors(limited.nominalConcurrencyShares, path),
    ...responseErrors(limited.limitResponse, child(path, 'limitResponse')),
    ...lendableErrors(limited.lendablePercent, path),
    ...when(
      borrowing !== undefined && borrowing < 0,
      invalid(
        child(path, 'borrowingLimitPercent'),
        borrowing,
        'if specified, must be a non-negative integer',
      ),
    ),
  ]
}

function sharesErrors(shares: number | undefined, path: string): FieldError[] {
  const place = child(path, 'nominalConcurrencyShares')
  const isWrong = shares !== undefined && shares < 0
  return when(isWrong, invalid(place, shares, 'must be a non-negative integer'))
}

function lendableErrors(percent: number | undefined, path: string): FieldError[] {
  const isWrong = percent !== undefined && (percent < 0 || percent > 100)
  const detail = 'must be between 0 and 100, inclusive'
  return when(isWrong, invalid(child(path, 'lendablePercent'), percent, detail))
}

type Response = NonNullable<Limited>['limitResponse']

function responseErrors(response: Response, path: string): FieldError[] {
  const { type = '', queuing } = response ?? {}
  const place = child(path, 'queuing')
  if (type === 'Reject') {
    const detail = 'must be nil if limited.limitResponse.type is not Limited'
    return when(queuing, forbidden(place, detail))
  }
  if (type !== 'Queue') return [notSupported(child(path, 'type'), type, ['Queue', 'Reject'])]
  if (queuing) return queuingErrors(queuing, place)
  return [required(place, 'must not be empty if limited.limitResponse.type is Limited')]
}

const mostQueues = 10_000_000
/** How many bits of a flow's hash deal its hand of queues. */
const hashBits = 60

function queuingErrors(queuing: DraftOf<QueuingConfiguration>, path: string): FieldError[] {
  const { queueLengthLimit: length = 0, queues = 0, handSize = 0 } = queuing
  const queuesPath = child(path, 'queues')
  return [
    ...when(length <= 0, invalid(child(path, 'queueLengthLimit'), length, 'must be positive')),
    ...when(queues <= 0, invalid(queuesPath, queues, 'must be positive')),
    ...when(
      queues > mostQueues,
      invalid(queuesPath, queues, `must not be greater than ${mostQueues}`),
    ),
    ...handErrors(queues, handSize, child(path, 'handSize')),
  ]
}

function handErrors(queues: number, handSize: number, path: string): FieldError[] {
  if (handSize <= 0) return [invalid(path, handSize, 'must be positive')]
  if (handSize > queues) {
    return [invalid(path, handSize, `should not be greater than queues (${queues})`)]
  }
  const sizes = `deckSize ${queues} and handSize ${handSize}`
  const detail = `required entropy bits of ${sizes} should not be greater than ${hashBits}`
  return when(entropyBits(queues, handSize) > hashBits, invalid(path, handSize, detail))
}

/** Bits it takes to deal `hand` of `deck` queues in every order; ends early once there are enough. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0
  for (let dealt = 0; dealt < hand && bits <= hashBits; dealt++) bits += Math.log2(deck - dealt)
  return Math.ceil(bits)
}

/** The level for requests that nothing else takes is as the server is made. */
function mandatoryErrors(name: string | undefined, spec: Level['spec']): FieldError[] {
  if (name !== 'catch-all') return []
  const { limited } = spec ?? {}
  const isFixed =
    limited?.nominalConcurrencyShares === 5 &&
    limited.limitResponse?.type === 'Reject' &&
    (limited.lendablePercent ?? 0) === 0 &&
    limited.borrowingLimitPercent === undefined
  const detail = "spec of 'catch-all' must equal the fixed value"
  return when(!isFixed, invalid('spec', spec, detail))
}
