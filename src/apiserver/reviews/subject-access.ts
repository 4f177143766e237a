// The SubjectAccessReview family: may somebody do something, and what may I do here.

import { StatusError } from '../../api/status-error.ts'
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  PolicyRule,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewStatus,
} from '../../api/types.gen.ts'
import { type RequestHandler, userOf } from '../chain-request.ts'
import type { Authorizer } from '../rbac/authorizer.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { UserInfo } from '../request.ts'
import type { ObjectReader } from './read-object.ts'
import { reviewAnswer } from './review-answer.ts'

const group = 'authorization.k8s.io'
const target = (kind: string) => ({
  group,
  version: 'v1',
  kind,
  def: `io.k8s.api.authorization.v1.${kind}`,
})

export function subjectAccessRoutes(
  authorizer: Authorizer,
  read: ObjectReader,
): Readonly<Record<string, RequestHandler>> {
  return {
    [`${group}/subjectaccessreviews`]: reviewAnswer(async (request) => {
      const kind = 'SubjectAccessReview'
      const review = await read<SubjectAccessReview>(request, target(kind))
      checkUser(kind, review)
      const asked = attributesOf(kind, review.spec)
      return reviewed(kind, review, decide(authorizer, subjectOf(review), asked))
    }),
    [`${group}/localsubjectaccessreviews`]: reviewAnswer(async (request) => {
      const kind = 'LocalSubjectAccessReview'
      const review = await read<LocalSubjectAccessReview>(request, target(kind))
      checkUser(kind, review)
      const asked = attributesOf(kind, review.spec)
      if (!asked.isResourceRequest)
        throw invalid(kind, 'spec.nonResourceAttributes', 'disallowed on this kind of request')
      if (asked.namespace !== request.info.namespace)
        throw new StatusError(
          'BadRequest',
          `spec.resourceAttributes.namespace must match namespace: ${request.info.namespace}`,
        )
      return reviewed(kind, review, decide(authorizer, subjectOf(review), asked))
    }),
    [`${group}/selfsubjectaccessreviews`]: reviewAnswer(async (request) => {
      const kind = 'SelfSubjectAccessReview'
      const review = await read<SelfSubjectAccessReview>(request, target(kind))
      const asked = attributesOf(kind, review.spec)
      return reviewed(kind, review, decide(authorizer, userOf(request), asked))
    }),
    [`${group}/selfsubjectrulesreviews`]: reviewAnswer(async (request) => {
      const kind = 'SelfSubjectRulesReview'
      const review = await read<SelfSubjectRulesReview>(request, target(kind))
      const namespace = review.spec?.namespace
      if (!namespace) throw new StatusError('BadRequest', 'no namespace on request')
      const { rules, errors } = authorizer.rulesFor(userOf(request), namespace)
      return reviewed(kind, review, {
        resourceRules: rules.filter(({ resources }) => resources).map(resourceRule),
        nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs).map(pathRule),
        incomplete: errors.length > 0,
        ...(errors.length > 0 && { evaluationError: errors.join(', ') }),
      })
    }),
  }
}

function decide(authorizer: Authorizer, user: UserInfo, asked: Attributes) {
  const { allowed, reason, error } = authorizer.authorize(user, asked)
  const status: SubjectAccessReviewStatus = {
    allowed,
    ...(reason && { reason }),
    ...(error && { evaluationError: error }),
  }
  return status
}

function reviewed(kind: string, review: object, status: object) {
  const head = { kind, apiVersion: `${group}/v1` }
  return { ...head, ...review, metadata: metadataOf(review), status }
}

/** A review is never stored: it keeps only what the client called it. */
export function metadataOf(review: { readonly metadata?: object }): object {
  return { creationTimestamp: null, ...review.metadata }
}

function subjectOf({ spec }: SubjectAccessReview | LocalSubjectAccessReview): UserInfo {
  const { user = '', groups = [], uid, extra } = spec
  return { name: user, groups, ...(uid && { uid }), ...(extra && { extra }) }
}

function checkUser(kind: string, { spec }: SubjectAccessReview | LocalSubjectAccessReview): void {
  if (!spec?.user && (spec?.groups ?? []).length === 0)
    throw invalid(kind, 'spec.user', 'at least one of user or group must be specified')
}

interface AskedFor {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

function attributesOf(kind: string, spec: AskedFor = {}): Attributes {
  const { resourceAttributes: of, nonResourceAttributes: path } = spec
  if (Boolean(of) === Boolean(path))
    throw invalid(
      kind,
      'spec.resourceAttributes',
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
  return {
    verb: of?.verb ?? path?.verb ?? '',
    isResourceRequest: of !== undefined,
    group: of?.group ?? '',
    resource: of?.resource ?? '',
    subresource: of?.subresource ?? '',
    namespace: of?.namespace ?? '',
    name: of?.name ?? '',
    path: path?.path ?? '',
  }
}

function invalid(kind: string, field: string, problem: string): StatusError {
  const message = `Invalid value: null: ${problem}`
  return new StatusError('Invalid', `${kind}.${group} "" is invalid: ${field}: ${message}`, {
    group,
    kind,
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  })
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule) {
  return { verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) }
}

function pathRule({ verbs, nonResourceURLs }: PolicyRule) {
  return { verbs, nonResourceURLs }
}
