// Stored objects of versions that are served no more, as a version that is: what kube-apiserver
// leaves in etcd is not always of the version that its clients see. Definitions of custom resources
// are kept as v1beta1 to this day, and a kind that became v1 lately may not have been written since.
// Pure.

import { type Draft, isDraft } from '../../api/draft.ts'
import { apiVersionOf, type KindEntry, kinds } from '../../api/kinds.ts'
import { conversionOf } from './conversions.ts'

const entries = new Map(kinds.map((entry) => [`${apiVersionOf(entry)}/${entry.kind}`, entry]))
const newest = new Map(kinds.map((entry) => [`${entry.group}/${entry.kind}`, entry]))

/**
 * The version in which such an object can be read: its own where we know it, else that of its kind
 * (beta versions have the fields, and the numbers in protobuf, of what they became). Undefined: as
 * it is, also for kinds that are not built in.
 */
export function readableVersion(apiVersion: string, kind: string): string | undefined {
  if (entries.has(`${apiVersion}/${kind}`)) return undefined
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  const entry = newest.get(`${group}/${kind}`)
  return entry && version !== entry.version ? apiVersionOf(entry) : undefined
}

/** True when `toCurrent` would change more than the order of fields. */
export function isOlder(apiVersion: string, kind: string): boolean {
  const entry = entries.get(`${apiVersion}/${kind}`)
  return entry ? storesOtherwise(entry) : readableVersion(apiVersion, kind) !== undefined
}

/** Events of events.k8s.io are kept as they are of the core group; nobody keeps them otherwise. */
function storesOtherwise(entry: KindEntry): boolean {
  return conversionOf(entry) !== undefined
}

/** The object in the version and form that the registry keeps. Changes `object`. */
export function toCurrent(object: Draft): Draft {
  const { apiVersion, kind } = object
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return object
  const version = readableVersion(apiVersion, kind)
  if (version !== undefined) {
    object['apiVersion'] = version
    if (kind === 'CustomResourceDefinition') changeDefinition(object)
  }
  return object
}

/** apiextensions.k8s.io/v1beta1 says once for all versions what v1 says for each. */
function changeDefinition(object: Draft): void {
  const spec = object['spec']
  if (!isDraft(spec)) return
  const { version, validation, subresources, additionalPrinterColumns: columns, ...rest } = spec
  const listed = Array.isArray(rest['versions']) ? rest['versions'].filter(isDraft) : []
  const versions = listed.length > 0 ? listed : [{ name: version, served: true, storage: true }]
  object['spec'] = {
    ...rest,
    versions: versions.map((each) => ({
      ...each,
      ...of('schema', each['schema'] ?? validation),
      ...of('subresources', each['subresources'] ?? subresources),
      ...of('additionalPrinterColumns', renamed(each['additionalPrinterColumns'] ?? columns)),
    })),
    ...of('conversion', conversion(rest['conversion'])),
    preserveUnknownFields: rest['preserveUnknownFields'] ?? true,
  }
}

type Value = Draft[string]

function of(name: string, value: Value): Draft {
  return value === undefined ? {} : { [name]: value }
}

function renamed(columns: Value): Value {
  if (!Array.isArray(columns)) return columns
  return columns.map((column) => {
    if (!isDraft(column)) return column
    const { JSONPath, ...rest } = column
    return { ...rest, ...of('jsonPath', rest['jsonPath'] ?? JSONPath) }
  })
}

function conversion(value: Value): Value {
  if (!isDraft(value)) return value
  const { webhookClientConfig: clientConfig, conversionReviewVersions, ...rest } = value
  if (!clientConfig) return { ...rest }
  return {
    ...rest,
    webhook: { clientConfig, ...of('conversionReviewVersions', conversionReviewVersions) },
  }
}
