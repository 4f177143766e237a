// Several authorizers in order: the first that allows decides; each may say why it did not.

import type { Authorizer } from './rbac/authorizer.ts'

export function firstThatAllows(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, asked) {
      const reasons: string[] = []
      const errors: string[] = []
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(user, asked)
        if (decision.allowed) return decision
        if (decision.reason) reasons.push(decision.reason)
        if (decision.error) errors.push(decision.error)
      }
      const reason = reasons.join('\n')
      return { allowed: false, reason, ...(errors.length > 0 && { error: errors.join(', ') }) }
    },
    rulesFor(user, namespace) {
      const all = authorizers.map((authorizer) => authorizer.rulesFor(user, namespace))
      return {
        rules: all.flatMap(({ rules }) => rules),
        errors: all.flatMap(({ errors }) => errors),
      }
    },
  }
}
