// What types and fields mean, for OpenAPI and so for kubectl explain: one sentence each. The tables
// beside this file hold them by group; fields that every object has are described once, here.

import { configDescriptions } from './config.ts'
import { containerDescriptions } from './container.ts'
import type { DescriptionTable, TypeDescription } from './description-table.ts'
import { metaDescriptions } from './meta.ts'
import { podDescriptions } from './pod.ts'
import { rbacDescriptions } from './rbac.ts'
import {
  discoveryDescriptions,
  networkingDescriptions,
  policyDescriptions,
  serviceDescriptions,
} from './service.ts'
import {
  claimDescriptions,
  intOrStringDescription,
  quantityDescription,
  storageDescriptions,
  topologyDescriptions,
} from './storage.ts'
import { volumeDescriptions } from './volume.ts'
import { appsDescriptions, autoscalingDescriptions, batchDescriptions } from './workload.ts'

/** By the name of the definition without that of the type. */
const tables: Readonly<Record<string, readonly DescriptionTable[]>> = {
  'io.k8s.api.core.v1': [
    podDescriptions,
    containerDescriptions,
    volumeDescriptions,
    configDescriptions,
    serviceDescriptions,
    claimDescriptions,
    topologyDescriptions,
  ],
  'io.k8s.api.apps.v1': [appsDescriptions],
  'io.k8s.api.batch.v1': [batchDescriptions],
  'io.k8s.api.autoscaling.v2': [autoscalingDescriptions],
  'io.k8s.api.discovery.v1': [discoveryDescriptions],
  'io.k8s.api.networking.v1': [networkingDescriptions],
  'io.k8s.api.policy.v1': [policyDescriptions],
  'io.k8s.api.storage.v1': [storageDescriptions],
  'io.k8s.api.rbac.v1': [rbacDescriptions],
  'io.k8s.apimachinery.pkg.apis.meta.v1': [metaDescriptions],
  'io.k8s.apimachinery.pkg.api.resource': [{ Quantity: [quantityDescription] }],
  'io.k8s.apimachinery.pkg.util.intstr': [{ IntOrString: [intOrStringDescription] }],
}

/** Fields of every object and list. */
export const objectFields: Readonly<Record<string, string>> = {
  apiVersion: 'API group and version of this object, such as apps/v1.',
  kind: 'Kind of this object.',
  metadata: 'Name, labels and the like.',
}
export const listFields: Readonly<Record<string, string>> = {
  ...objectFields,
  items: 'The objects.',
}

/** What `definition` (its whole name) and its fields mean; undefined where nobody has said. */
export function descriptionOf(definition: string): TypeDescription | undefined {
  const dot = definition.lastIndexOf('.')
  const type = definition.slice(dot + 1)
  const table = tables[definition.slice(0, dot)]?.find((each) => Object.hasOwn(each, type))
  return table?.[type]
}

/** Every definition that is described. */
export function describedDefinitions(): readonly string[] {
  return Object.entries(tables).flatMap(([prefix, members]) =>
    members.flatMap((table) => Object.keys(table).map((type) => `${prefix}.${type}`)),
  )
}
