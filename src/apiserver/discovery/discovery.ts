// /api and /apis: what is served, in the old form and the aggregated one, from a live list of kinds.

import type { KindEntry } from '../../api/kinds.ts'
import { methodNotAllowed, notServed } from '../answer.ts'
import { headerOf, type RequestHandler } from '../chain-request.ts'
import { aggregatedList, aggregatedType, wantsAggregated } from './aggregated.ts'
import { type Document, derived, jsonDocument, serveDocument } from './document.ts'
import { type Aggregated, nothingAggregated, type ServedGroup, servedGroups } from './groups.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts'

/** The kinds served now; another array once they change. */
export type LiveKinds = () => readonly KindEntry[]

export interface Discovery {
  readonly serve: RequestHandler
  /** Every path discovery answers. */
  paths(): readonly string[]
}

export function createDiscovery(
  kinds: LiveKinds,
  serverAddress: string,
  aggregated: () => Aggregated = () => nothingAggregated,
): Discovery {
  const ofKinds = derived(kinds, (current) =>
    derived(aggregated, (others) => allDocuments(servedGroups(current, others), serverAddress)),
  )
  const documents = () => ofKinds()()
  return {
    paths: () => [...documents().keys()].filter((path) => !path.includes('#')),
    async serve(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
      const path = request.path.replace(/\/+$/, '')
      const aggregated = wantsAggregated(headerOf(request, 'accept') ?? '')
      const document =
        (aggregated ? documents().get(`${path}#aggregated`) : undefined) ?? documents().get(path)
      if (!document) throw notServed()
      return serveDocument(request, document())
    },
  }
}

type Documents = ReadonlyMap<string, () => Document>

function allDocuments(groups: readonly ServedGroup[], serverAddress: string): Documents {
  const legacyGroup = groups.filter(({ name }) => name === '')
  const namedGroups = groups.filter(({ name }) => name !== '')
  return new Map([
    document('/api', () => apiVersions(serverAddress)),
    document('/api#aggregated', () => aggregatedList(legacyGroup), aggregatedType),
    document('/apis', () => apiGroupList(groups)),
    document('/apis#aggregated', () => aggregatedList(namedGroups), aggregatedType),
    ...namedGroups.map((group) => document(`/apis/${group.name}`, () => apiGroup(group))),
    ...groups.flatMap(({ name, versions }) =>
      versions.map((version) =>
        document(`${name ? '/apis' : '/api'}/${version.groupVersion}`, () =>
          apiResourceList(version),
        ),
      ),
    ),
  ])
}

/** Made when it is first asked for. */
function document(path: string, value: () => object, type?: string) {
  let made: Document | undefined
  return [path, () => (made ??= jsonDocument(value(), type))] as const
}
