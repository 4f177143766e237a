// An APIService as the server uses it: who serves a group and version, and how it is listed. Pure.

import type { APIService } from '../../api/types.gen.ts'
import type { Priority } from '../discovery/group-order.ts'

/** A group and version that another server serves. */
export interface RemoteService {
  /** The APIService's name: v1beta1.metrics.k8s.io */
  readonly name: string
  readonly group: string
  readonly version: string
  readonly service: ServicePlace
  /** PEM; absent: the authorities this machine trusts. */
  readonly ca: string | undefined
  readonly isVerified: boolean
  readonly isAvailable: boolean
}

export interface ServicePlace {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

export const availableType = 'Available'

export function isAvailable(service: APIService | undefined): boolean {
  const conditions = service?.status?.conditions ?? []
  return conditions.some(({ type, status }) => type === availableType && status === 'True')
}

/** Undefined for one that this server serves itself. */
export function remoteServiceOf(apiService: APIService): RemoteService | undefined {
  const { metadata, spec } = apiService
  const { service, caBundle, insecureSkipTLSVerify = false, group = '', version = '' } = spec
  if (!service) return undefined
  const { namespace = '', name = '', port = 443 } = service
  return {
    name: metadata.name,
    group,
    version,
    service: { namespace, name, port },
    ca: caBundle && Buffer.from(caBundle, 'base64').toString(),
    isVerified: !insecureSkipTLSVerify,
    isAvailable: isAvailable(apiService),
  }
}

export function priorityOf({ spec }: APIService): Priority {
  return { group: spec.groupPriorityMinimum, version: spec.versionPriority }
}

/** How maps of groups and versions are keyed: apps/v1, and /v1 for the core group. */
export function groupVersionKey({ group, version }: { group: string; version: string }): string {
  return `${group}/${version}`
}

/** Where a group and version is served: /apis/apps/v1, /api/v1. */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group ? `/apis/${group}/${version}` : `/api/${version}`
}
