// What the API server says of a stranger: who a token is of, and what its owner may do. Answers are
// kept for as long as upstream's kubelet keeps them.

import { createHash } from 'node:crypto'
import type { SubjectAccessReview, TokenReview, UserInfo } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'

export interface Asked {
  readonly verb: string
  readonly node: string
  readonly subresource: string
}

export interface Reviews {
  /** Undefined for a token of nobody. Rejects when the API server cannot be asked. */
  ownerOf(token: string): Promise<UserInfo | undefined>
  isAllowed(user: UserInfo, asked: Asked): Promise<boolean>
}

/** POST of a body to a path of the API server, as the node. */
export type Post = (path: string, body: object) => Promise<unknown>

const minuteMs = 60_000
const tokenMs = 2 * minuteMs
const allowedMs = 5 * minuteMs
const deniedMs = minuteMs / 2
const mostKept = 1000

export function createReviews(post: Post, clock: Clock): Reviews {
  const owners = createMemory<UserInfo | undefined>(clock, () => tokenMs)
  const decisions = createMemory<boolean>(clock, (isAllowed) => (isAllowed ? allowedMs : deniedMs))
  return {
    ownerOf: (token) =>
      owners(createHash('sha256').update(token).digest('base64'), async () => {
        const review = (await post('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token },
        })) as TokenReview
        return review.status?.authenticated ? review.status.user : undefined
      }),
    isAllowed: ({ username, uid, groups, extra }, { verb, node, subresource }) => {
      const spec = {
        ...{ user: username, uid, groups, extra },
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: node },
      }
      return decisions(JSON.stringify(spec), async () => {
        const review = (await post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec,
        })) as SubjectAccessReview
        return review.status?.allowed ?? false
      })
    },
  }
}

/** Answers by key, each as long as it says; the oldest go first. Failures are not kept. */
function createMemory<T>(clock: Clock, lifeMs: (value: T) => number) {
  const kept = new Map<string, { readonly value: T; readonly endMs: number }>()
  return async (key: string, ask: () => Promise<T>): Promise<T> => {
    const found = kept.get(key)
    if (found && found.endMs > clock.now().getTime()) return found.value
    const value = await ask()
    kept.delete(key)
    kept.set(key, { value, endMs: clock.now().getTime() + lifeMs(value) })
    for (const oldest of kept.keys()) {
      if (kept.size <= mostKept) break
      kept.delete(oldest)
    }
    return value
  }
}
