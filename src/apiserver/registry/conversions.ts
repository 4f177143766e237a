// Kinds that are served in a version, or a group, other than the one in which they are kept.

import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import type { ApiObject } from './api-object.ts'
import { autoscalerConversion } from './autoscaler-conversion.ts'
import type { Conversion } from './resource.ts'

const conversions: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1/Event': {
    fromStored: (object) => renamed(object, 'events.k8s.io/v1', newName),
    toStored: (object) => renamed(object, 'v1', oldName),
  },
  'autoscaling/v1/HorizontalPodAutoscaler': autoscalerConversion,
}

/** apiVersion under which objects of this kind are kept: another only where there is a conversion. */
export function storedVersion(entry: KindEntry): string {
  if (!conversionOf(entry)) return apiVersionOf(entry)
  const { group, version, storageGroup, storageVersion } = entry
  return apiVersionOf({ group: storageGroup ?? group, version: storageVersion ?? version })
}

/** Undefined where the served version is the stored one. */
export function conversionOf(entry: KindEntry): Conversion | undefined {
  return conversions[`${apiVersionOf(entry)}/${entry.kind}`]
}

/** Fields of core/v1 Event and what events.k8s.io/v1 calls them. */
const eventFields = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const

const newName = new Map<string, string>(eventFields)
const oldName = new Map<string, string>(eventFields.map(([core, events]) => [events, core]))

function renamed(
  object: ApiObject,
  apiVersion: string,
  names: ReadonlyMap<string, string>,
): ApiObject {
  const { kind, apiVersion: _version, metadata, ...fields } = object
  const rest = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value]),
  )
  return { kind, apiVersion, metadata, ...rest }
}
