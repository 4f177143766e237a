// Which resources an API server has, CRDs and aggregated ones included, as it says itself.

import type { ApiResource, DynamicClient } from '../client/dynamic-client.ts'

export interface DiscoveredResource extends ApiResource {
  readonly verbs: readonly string[]
}

export interface Discovered {
  /** Each resource once, in its group's preferred version; no subresources. */
  readonly resources: readonly DiscoveredResource[]
  /** Groups and versions that did not answer, with what they said. */
  readonly failures: readonly { readonly groupVersion: string; readonly error: unknown }[]
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
    readonly verbs: readonly string[]
  }[]
}
interface GroupList {
  readonly groups?: readonly {
    readonly name: string
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[]
    readonly preferredVersion?: { readonly version: string }
  }[]
}

/** Rejects when the list of groups itself cannot be had. */
export async function discover(client: DynamicClient): Promise<Discovered> {
  const { groups = [] } = (await client.json('GET', '/apis')) as GroupList
  const failures: { groupVersion: string; error: unknown }[] = []
  const places = [
    { group: '', version: 'v1', path: '/api/v1', groupVersion: 'v1' },
    ...groups.flatMap(({ name, versions, preferredVersion }) =>
      versions
        .toSorted(
          (a, b) =>
            Number(b.version === preferredVersion?.version) -
            Number(a.version === preferredVersion?.version),
        )
        .map(({ version, groupVersion }) => ({
          group: name,
          version,
          groupVersion,
          path: `/apis/${groupVersion}`,
        })),
    ),
  ]
  const lists = await Promise.all(
    places.map(async ({ group, version, path, groupVersion }) => {
      try {
        const { resources = [] } = (await client.json('GET', path)) as ResourceList
        return resources
          .filter(({ name }) => !name.includes('/'))
          .map(({ name, kind, namespaced, verbs }) => ({
            group,
            version,
            kind,
            plural: name,
            namespaced,
            verbs,
          }))
      } catch (error) {
        failures.push({ groupVersion, error })
        return []
      }
    }),
  )
  const seen = new Map<string, DiscoveredResource>()
  for (const resource of lists.flat()) {
    const key = `${resource.group}/${resource.plural}`
    if (!seen.has(key)) seen.set(key, resource)
  }
  return { resources: [...seen.values()], failures }
}
