// A definition as resources: one for each served version, all kept below one prefix in the
// version of storage. Bodies and stored objects are shaped by the version's schema.

import { ConformError } from '../../api/conform-error.ts'
import { type DecodeTarget, decodeBody } from '../../api/decode.ts'
import { isSame } from '../../api/draft.ts'
import { errorBody } from '../../api/field-error.ts'
import { apiVersionOf, type KindEntry, type Subresource } from '../../api/kinds.ts'
import { patchObject } from '../../api/patch/patch.ts'
import { type CompiledSchema, compileSchema } from '../../api/structural/compiled-schema.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../api/types.gen.ts'
import type { Store } from '../../store/store.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import type { ApiObject } from '../registry/api-object.ts'
import { deletionRules } from '../registry/deletion-rules.ts'
import type { Codec, Resource, ScalePaths } from '../registry/resource.ts'
import { replicasPlaces } from '../registry/scale-view.ts'
import { customStoragePrefix } from '../registry/storage-prefix.ts'
import { decodeStored, encodeStored, layoutOf } from '../registry/stored-bytes.ts'
import { isTrue } from './conditions.ts'
import { customConversion } from './conversion.ts'
import { convertingStore } from './converting-store.ts'
import { customStrategy } from './custom-strategy.ts'
import { customTable } from './custom-table.ts'
import { deprecationWarning } from './deprecation.ts'
import { selectableFieldsOf } from './selectable-fields.ts'
import type { ConvertValues } from './webhook-converter.ts'

type Definition = CustomResourceDefinition
type Version = CustomResourceDefinitionVersion

/** A served version: what the registry serves, and what discovery says of it. */
export interface CustomVersion {
  readonly resource: Resource
  /** Absent for one that is there only so that its objects can be deleted. */
  readonly listed: KindEntry | undefined
}

const allVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const endingVerbs = ['delete', 'deletecollection', 'get', 'list', 'watch']
const viewVerbs = ['get', 'patch', 'update']

/** Every served version of an established definition; the storage version is always known. */
export function customVersions(definition: Definition, convert?: ConvertValues): CustomVersion[] {
  const { spec } = definition
  const schemas = new Map(
    spec.versions.map((version) => [version.name, compiledSchema(definition, version)]),
  )
  const isTerminating =
    definition.metadata.deletionTimestamp !== undefined || isTrue(definition, 'Terminating')
  const stored = spec.versions.find(({ storage }) => storage)
  if (!stored) return []
  return spec.versions
    .filter(({ served, storage }) => served || (storage && isTerminating))
    .map((version) => {
      const published = entryOf(definition, version)
      // Its fields are not those of any built-in definition.
      const entry = { ...published, def: '' }
      const own = schemas.get(version.name) ?? compiledSchema(definition, version)
      const kept = schemas.get(stored.name) ?? own
      const apiVersion = apiVersionOf(entry)
      const storageVersion = `${spec.group}/${stored.name}`
      const keptVersion = convert ? apiVersion : storageVersion
      const { kind } = entry
      const layout = layoutOf({ kind, apiVersion: keptVersion }, { hasTypedItems: true })
      const resource: Resource = {
        entry,
        apiVersion,
        storage: {
          prefix: customStoragePrefix(entry),
          layout,
          splicing: {
            layout: layoutOf(
              { kind, apiVersion },
              { hasTypedItems: true, keptLength: layout.head.length },
            ),
            unchanged: new WeakSet(),
          },
          conversion: customConversion({ served: own, stored: kept, apiVersion }, keptVersion),
          ...(convert && viewedThrough(convert, entry, storageVersion)),
        },
        codec: customCodec(entry, own, version),
        ...parts({ entry, own, version, isTerminating, definition }),
      }
      const listed = isTerminating ? { ...published, verbs: endingVerbs } : published
      return { resource, listed: version.served ? listed : undefined }
    })
}

/** Values of other versions are converted by a webhook on their way in and out. */
function viewedThrough(convert: ConvertValues, entry: KindEntry, stored: string) {
  const served = apiVersionOf(entry)
  const own = layoutOf({ kind: entry.kind, apiVersion: served })
  return {
    view: (store: Store) => convertingStore(store, { served, stored, convert }),
    async convert(object: ApiObject, apiVersion: string): Promise<ApiObject> {
      const value = encodeStored(own, object)
      const [made = value] = await convert([value], apiVersion)
      return decodeStored({ value: made, revision: Number(object.metadata.resourceVersion ?? 0) })
    },
  }
}

interface Parts {
  readonly entry: KindEntry
  readonly own: CompiledSchema
  readonly version: Version
  readonly isTerminating: boolean
  readonly definition: Definition
}

function parts({ entry, own, version, isTerminating, definition }: Parts) {
  const scale = scalePaths(definition, version)
  const selectable = selectableFieldsOf(version.selectableFields, entry)
  const warning = deprecationWarning(definition, version)
  return {
    strategy: customStrategy({ entry, schema: own, selectable, scale, isTerminating }),
    deletion: deletionRules(entry),
    schema: own.schema,
    ...(scale && { scale }),
    ...(warning !== undefined && { warnings: [warning] }),
  }
}

function compiledSchema({ spec }: Definition, { schema }: Version): CompiledSchema {
  return compileSchema(schema?.openAPIV3Schema ?? {}, {
    preservesUnknown: spec.preserveUnknownFields === true,
  })
}

export function entryOf({ spec, status }: Definition, version: Version): KindEntry {
  const names = status?.acceptedNames ?? spec.names
  const { kind, plural, singular = kind.toLowerCase(), listKind, shortNames, categories } = names
  const subresources = subresourcesOf(spec.group, kind, version)
  return {
    group: spec.group,
    version: version.name,
    kind,
    plural,
    singular,
    ...(listKind && { listKind }),
    namespaced: spec.scope === 'Namespaced',
    verbs: allVerbs,
    ...(shortNames && shortNames.length > 0 && { shortNames }),
    ...(categories && categories.length > 0 && { categories }),
    ...(Object.keys(subresources).length > 0 && { subresources }),
    def: definitionName(spec.group, version.name, kind),
  }
}

/** com.example.stable.v1.CronTab for CronTab in stable.example.com/v1. */
export function definitionName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

function subresourcesOf(group: string, kind: string, { name, subresources }: Version) {
  const made: Record<string, Subresource> = {}
  if (subresources?.status) {
    made['status'] = { kind, verbs: viewVerbs, def: definitionName(group, name, kind) }
  }
  if (subresources?.scale) {
    made['scale'] = {
      ...{ kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: viewVerbs },
      def: 'io.k8s.api.autoscaling.v1.Scale',
    }
  }
  return made
}

function scalePaths({ spec }: Definition, version: Version): ScalePaths | undefined {
  const { scale } = version.subresources ?? {}
  if (!scale) return undefined
  const plain = (path: string) => path.replace(/^\./, '')
  const replicasPaths = spec.versions.map(({ name, subresources }) => {
    const path = subresources?.scale?.specReplicasPath
    return [`${spec.group}/${name}`, path && plain(path)] as const
  })
  return {
    specReplicas: plain(scale.specReplicasPath),
    statusReplicas: plain(scale.statusReplicasPath),
    ...(scale.labelSelectorPath && { labelSelector: plain(scale.labelSelectorPath) }),
    places: replicasPlaces(replicasPaths),
  }
}

function customCodec(entry: KindEntry, schema: CompiledSchema, version: Version): Codec {
  const target: DecodeTarget = {
    group: entry.group,
    version: entry.version,
    kind: entry.kind,
    conform(object) {
      const { unknown, errors } = schema.shape(object, { isLenient: false })
      const [error] = errors
      if (error) throw new ConformError(`${error.field}: ${errorBody(error)}`)
      return unknown
    },
  }
  return {
    hasProtobuf: false,
    decode: (body, { mediaType, fieldValidation, isPartial = false }) =>
      decodeBody(target, body, mediaType, { fieldValidation, isPartial }),
    patchTypes: ['json', 'merge'],
    patch: (current, { type: kind, body: bytes, fieldValidation }) =>
      patchObject(target, current, { kind, bytes, fieldValidation }),
    // Their metadata alone, which has messages, as whole objects have not.
    encodeProtobuf: (value) => kubernetesProtobuf.write(value),
    table: customTable(version.additionalPrinterColumns),
  }
}

/** What of a definition, when it changes, makes its resources anew. */
export function isServedAlike(one: Definition, other: Definition): boolean {
  const facts = ({ metadata, spec, status }: Definition) => [
    metadata.uid,
    metadata.deletionTimestamp !== undefined,
    spec,
    status?.acceptedNames,
  ]
  return (
    isSame(facts(one), facts(other)) && isTrue(one, 'Terminating') === isTrue(other, 'Terminating')
  )
}
