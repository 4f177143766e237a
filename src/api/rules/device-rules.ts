// The rules of resource.k8s.io.

import type {
  DeviceClass,
  ResourceClaimTemplate,
  ResourceResourceClaim,
  ResourceSlice,
} from '../types.gen.ts'
import { claimStatusErrors } from '../validation/device-allocation.ts'
import {
  claimErrors,
  claimTemplateErrors,
  claimTemplateUpdateErrors,
  claimUpdateErrors,
  deviceClassErrors,
} from '../validation/device-claims.ts'
import { sliceErrors, sliceUpdateErrors } from '../validation/resource-slices.ts'
import { type KindRules, rulesFor } from './kind-rule.ts'

export const deviceRules: Readonly<Record<string, Partial<KindRules>>> = {
  'resource.k8s.io/DeviceClass': rulesFor<DeviceClass>({
    generation: ['spec'],
    validate: deviceClassErrors,
  }),
  'resource.k8s.io/ResourceClaim': rulesFor<ResourceResourceClaim>({
    validateCreate: claimErrors,
    validateUpdate: claimUpdateErrors,
    endpoints: { status: { validateUpdate: claimStatusErrors } },
  }),
  'resource.k8s.io/ResourceClaimTemplate': rulesFor<ResourceClaimTemplate>({
    validateCreate: claimTemplateErrors,
    validateUpdate: claimTemplateUpdateErrors,
  }),
  'resource.k8s.io/ResourceSlice': rulesFor<ResourceSlice>({
    generation: ['spec'],
    validate: sliceErrors,
    validateUpdate: sliceUpdateErrors,
  }),
}
