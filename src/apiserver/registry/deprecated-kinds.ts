// Table: the built-in kinds that are served on but deprecated. Every answer about one says so.

import { apiVersionOf, type KindEntry } from '../../api/kinds.ts'
import type { ServerRequest } from '../request.ts'
import type { Resource } from './resource.ts'

interface Deprecation {
  readonly since: string
  readonly use?: string
}

const deprecated: Readonly<Record<string, Deprecation>> = {
  'v1 ComponentStatus': { since: 'v1.19' },
  'v1 Endpoints': { since: 'v1.33', use: 'discovery.k8s.io/v1 EndpointSlice' },
}

/** The warning; undefined for a kind that is not deprecated. */
export function deprecationOf(entry: KindEntry): string | undefined {
  const named = `${apiVersionOf(entry)} ${entry.kind}`
  const found = deprecated[named]
  if (!found) return undefined
  const said = `${named} is deprecated in ${found.since}+`
  return found.use === undefined ? said : `${said}; use ${found.use}`
}

/** In the answer, and in the audit log. */
export function tellDeprecation({ warnings, audit }: ServerRequest, resource: Resource): void {
  if (!resource.warnings) return
  warnings.push(...resource.warnings)
  audit?.annotate('k8s.io/deprecated', 'true')
}
