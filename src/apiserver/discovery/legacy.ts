// Discovery as it was before aggregation: one document for /api, /apis, each group, each version.

import type { KindEntry, Subresource } from '../../api/kinds.ts'
import type { ServedGroup, ServedVersion } from './groups.ts'

export function apiVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

export function apiGroupList(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter(({ name }) => name !== '').map(groupFields),
  }
}

export function apiGroup(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) }
}

function groupFields({ name, versions }: ServedGroup) {
  return {
    name,
    versions: versions.map(versionFields),
    preferredVersion: versionFields(versions[0]),
  }
}

function versionFields({ groupVersion, version }: ServedVersion) {
  return { groupVersion, version }
}

export function apiResourceList({ groupVersion, kinds }: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds.flatMap(resourceFields),
  }
}

function resourceFields(entry: KindEntry): readonly object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = entry
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames && { shortNames }),
      ...(categories && { categories }),
      ...(entry.storageVersionHash && { storageVersionHash: entry.storageVersionHash }),
    },
    ...Object.entries(entry.subresources ?? {}).map(([name, subresource]) =>
      subresourceFields(entry, name, subresource),
    ),
  ]
}

function subresourceFields(entry: KindEntry, name: string, subresource: Subresource): object {
  const { group, version, kind, verbs } = subresource
  return {
    name: `${entry.plural}/${name}`,
    singularName: '',
    namespaced: entry.namespaced,
    ...(group !== undefined && { group }),
    ...(version !== undefined && { version }),
    kind,
    verbs,
  }
}
