// Who am I (SelfSubjectReview), and whose token is this (TokenReview).

import { StatusError } from '../../api/status-error.ts'
import type { SelfSubjectReview, TokenReview } from '../../api/types.gen.ts'
import type { TokenAuthenticator } from '../auth/tokens.ts'
import { type RequestHandler, userOf } from '../chain-request.ts'
import type { UserInfo } from '../request.ts'
import type { ObjectReader } from './read-object.ts'
import { reviewAnswer } from './review-answer.ts'
import { metadataOf } from './subject-access.ts'

const group = 'authentication.k8s.io'
const target = (kind: string) => ({
  group,
  version: 'v1',
  kind,
  def: `io.k8s.api.authentication.v1.${kind}`,
})

export interface WhoOptions {
  readonly tokens: TokenAuthenticator
  /** The API server's own, for a review that names none. */
  readonly audiences: readonly string[]
  readonly read: ObjectReader
  readonly now: () => Date
}

export function whoRoutes(options: WhoOptions): Readonly<Record<string, RequestHandler>> {
  const { tokens, audiences, read } = options
  return {
    [`${group}/selfsubjectreviews`]: reviewAnswer(async (request) => {
      const kind = 'SelfSubjectReview'
      await read<SelfSubjectReview>(request, target(kind))
      const creationTimestamp = `${options.now().toISOString().slice(0, 19)}Z`
      const status = { userInfo: userFields(userOf(request)) }
      return { kind, apiVersion: `${group}/v1`, metadata: { creationTimestamp }, status }
    }),
    [`${group}/tokenreviews`]: reviewAnswer(async (request) => {
      const kind = 'TokenReview'
      const review = await read<TokenReview>(request, target(kind))
      if (!review.spec?.token)
        throw new StatusError('BadRequest', 'token is required for TokenReview in authentication')
      const wanted = review.spec.audiences ?? []
      const found = await tokens.authenticate(
        review.spec.token,
        wanted.length > 0 ? wanted : audiences,
      )
      const user = found && {
        ...found.user,
        groups: [...found.user.groups, 'system:authenticated'],
      }
      const status = user
        ? { authenticated: true, user: userFields(user), audiences: found.audiences }
        : { user: {}, error: 'invalid bearer token' }
      const head = { kind, apiVersion: `${group}/v1`, metadata: metadataOf(review) }
      return { ...head, spec: review.spec, status }
    }),
  }
}

function userFields({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) }
}
