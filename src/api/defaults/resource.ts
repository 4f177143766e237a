// Defaults of resource.k8s.io (claims for devices) and of token requests.

import type { DraftOf } from '../draft.ts'
import type {
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceResourceClaim,
  TokenRequest,
} from '../types.gen.ts'

export function defaultResourceClaim({ spec }: DraftOf<ResourceResourceClaim>): void {
  if (spec) defaultClaimSpec(spec)
}

export function defaultResourceClaimTemplate({ spec }: DraftOf<ResourceClaimTemplate>): void {
  if (spec?.spec) defaultClaimSpec(spec.spec)
}

type Spec = DraftOf<ResourceClaimSpec>
type Requests = NonNullable<NonNullable<Spec['devices']>['requests']>
type Wanted = NonNullable<Requests[number]['exactly']>

function defaultClaimSpec(spec: Spec): void {
  for (const { exactly, firstAvailable } of spec.devices?.requests ?? []) {
    if (exactly) defaultWanted(exactly)
    for (const alternative of firstAvailable ?? []) defaultWanted(alternative)
  }
}

function defaultWanted(wanted: Pick<Wanted, 'allocationMode' | 'count' | 'tolerations'>): void {
  wanted.allocationMode ??= 'ExactCount'
  if (wanted.allocationMode === 'ExactCount') wanted.count ||= 1
  for (const toleration of wanted.tolerations ?? []) toleration.operator ??= 'Equal'
}

export function defaultTokenRequest({ spec }: DraftOf<TokenRequest>): void {
  if (spec) spec.expirationSeconds ??= 3600
}
