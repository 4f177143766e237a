// The SubjectAccessReview family: may somebody do something, and what may I do here.

import { type FieldError, toInvalid } from '../../api/field-error.ts'
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
import {
  accessReviewProblems,
  localReviewProblems,
  selectedFields,
  selfReviewProblems,
} from './access-review-fields.ts'
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
      assertValid(kind, accessReviewProblems(review))
      return reviewed(kind, review, decide(authorizer, subjectOf(review), review.spec))
    }),
    [`${group}/localsubjectaccessreviews`]: reviewAnswer(async (request) => {
      const kind = 'LocalSubjectAccessReview'
      const review = await read<LocalSubjectAccessReview>(request, target(kind))
      const { namespace } = request.info
      assertNamespace(review, namespace)
      assertValid(kind, localReviewProblems(review, namespace))
      return reviewed(kind, review, decide(authorizer, subjectOf(review), review.spec))
    }),
    [`${group}/selfsubjectaccessreviews`]: reviewAnswer(async (request) => {
      const kind = 'SelfSubjectAccessReview'
      const review = await read<SelfSubjectAccessReview>(request, target(kind))
      assertValid(kind, selfReviewProblems(review))
      return reviewed(kind, review, decide(authorizer, userOf(request), review.spec))
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

function decide(authorizer: Authorizer, user: UserInfo, spec: AskedFor) {
  const { asked, errors } = attributesOf(spec)
  const { allowed, reason, error } = authorizer.authorize(user, asked)
  const evaluationError = [...(error ? [error] : []), ...errors].join(', ')
  const status: SubjectAccessReviewStatus = {
    allowed,
    ...(reason && { reason }),
    ...(evaluationError && { evaluationError }),
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

function assertNamespace({ metadata }: LocalSubjectAccessReview, namespace: string): void {
  if (metadata?.namespace && metadata.namespace !== namespace)
    throw new StatusError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    )
}

function assertValid(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw toInvalid({ group, kind }, '', errors)
}

interface AskedFor {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

function attributesOf({ resourceAttributes: of, nonResourceAttributes: path }: AskedFor) {
  const { fieldSelector, errors } = selectedFields(of?.fieldSelector)
  const asked: Attributes = {
    verb: of?.verb ?? path?.verb ?? '',
    isResourceRequest: of !== undefined,
    group: of?.group ?? '',
    resource: of?.resource ?? '',
    subresource: of?.subresource ?? '',
    namespace: of?.namespace ?? '',
    name: of?.name ?? '',
    path: path?.path ?? '',
    ...(fieldSelector && { fieldSelector }),
  }
  return { asked, errors }
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule) {
  return { verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) }
}

function pathRule({ verbs, nonResourceURLs }: PolicyRule) {
  return { verbs, nonResourceURLs }
}
