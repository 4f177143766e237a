// The cells of Nodes and Events, and of volumes and their claims.

import { type DraftOf, draftAs } from '../draft.ts'
import type { Event, Node, PersistentVolume, PersistentVolumeClaim } from '../types.gen.ts'
import { ageText } from './duration.ts'
import type { Formulas } from './expression.ts'
import { none, unknown } from './text.ts'

export const nodeFormulas: Formulas = {
  nodeStatus: (_, { object }) => nodeStatusText(draftAs<Node>(object)),
  nodeRoles: (_, { object }) => nodeRolesText(draftAs<Node>(object)),
  nodeKernel: (_, { object }) => kernelText(draftAs<Node>(object)),
  eventFirstSeen: (_, { object, nowMs }) => firstSeen(draftAs<Event>(object), nowMs),
  eventLastSeen: (_, { object, nowMs }) => lastSeen(draftAs<Event>(object), nowMs),
  eventCount: (_, { object }) => {
    const { series, count } = draftAs<Event>(object)
    return series ? (series.count ?? 0) : count || 1
  },
  eventObject: (_, { object }) => {
    const { kind = '', name } = draftAs<Event>(object).involvedObject ?? {}
    return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
  },
  eventSource: (_, { object }) => sourceText(draftAs<Event>(object)),
  pvClaim: (_, { object }) => {
    const claim = draftAs<PersistentVolume>(object).spec?.claimRef
    return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : ''
  },
  storageClassOf: (_, { object }) => {
    const { metadata, spec } = draftAs<PersistentVolumeClaim>(object)
    const legacy = metadata?.annotations?.['volume.beta.kubernetes.io/storage-class']
    return legacy ?? spec?.storageClassName ?? ''
  },
}

function nodeStatusText({ spec, status }: DraftOf<Node>): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word
}

const rolePrefix = 'node-role.kubernetes.io/'

function nodeRolesText({ metadata }: DraftOf<Node>): string {
  const roles = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length) || []
    return key === 'kubernetes.io/role' ? value || [] : []
  })
  return [...new Set(roles)].sort().join(',') || none
}

function kernelText({ status }: DraftOf<Node>): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {}
  return `${kernelVersion || unknown}${architecture ? ` (${architecture})` : ''}`
}

function firstSeen({ firstTimestamp, eventTime }: DraftOf<Event>, nowMs: number): string {
  return ageText(firstTimestamp || eventTime, nowMs)
}

function lastSeen(event: DraftOf<Event>, nowMs: number): string {
  if (event.series) return ageText(event.series.lastObservedTime, nowMs)
  return event.lastTimestamp ? ageText(event.lastTimestamp, nowMs) : firstSeen(event, nowMs)
}

function sourceText({ source, reportingComponent, reportingInstance }: DraftOf<Event>): string {
  const component = source?.component || reportingComponent || ''
  const instance = source?.host || reportingInstance
  return instance ? `${component}, ${instance}` : component
}
