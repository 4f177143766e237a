// The files of a volume that shows objects: configMap, secret, downwardAPI, projected. In: the
// source and the objects it names. Out: path -> bytes and mode, or a VolumeError. Pure.

import type {
  ConfigMap,
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '../../api/types.gen.ts'
import { type FieldContext, fieldValue, resourceValue } from '../env/field-ref.ts'
import { VolumeError } from './volume-error.ts'

export interface PayloadFile {
  readonly data: Uint8Array
  readonly mode: number
}

export type Payload = ReadonlyMap<string, PayloadFile>

export interface PayloadObjects {
  configMap(name: string): ConfigMap | undefined
  secret(name: string): Secret | undefined
  token(projection: ServiceAccountTokenProjection): string
  readonly context: FieldContext
}

const defaultMode = 0o644

/** Undefined for a volume that is not made of objects. */
export function volumePayload(volume: Volume, objects: PayloadObjects): Payload | undefined {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) return ofSource({ configMap }, configMap.defaultMode, objects)
  if (secret) {
    const { secretName, items, optional } = secret
    const source = {
      ...(secretName && { name: secretName }),
      ...(items && { items }),
      ...(optional !== undefined && { optional }),
    }
    return ofSource({ secret: source }, secret.defaultMode, objects)
  }
  if (downwardAPI) return ofSource({ downwardAPI }, downwardAPI.defaultMode, objects)
  if (!projected) return undefined
  const parts = (projected.sources ?? []).map((source) =>
    ofSource(source, projected.defaultMode, objects),
  )
  return new Map(parts.flatMap((part) => [...part]))
}

function ofSource(source: VolumeProjection, mode = defaultMode, objects: PayloadObjects): Payload {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source
  if (configMap) {
    const { name = '', optional = false, items } = configMap
    const found = objects.configMap(name) ?? absent('configmap', name, optional)
    return keyed(configMapData(found), { items, optional, mode, word: 'config' })
  }
  if (secret) {
    const { name = '', optional = false, items } = secret
    const found = objects.secret(name) ?? absent('secret', name, optional)
    return keyed(secretData(found), { items, optional, mode, word: 'secret' })
  }
  if (downwardAPI) return downward(downwardAPI.items ?? [], mode, objects.context)
  if (serviceAccountToken) {
    const data = Buffer.from(objects.token(serviceAccountToken))
    return new Map([[serviceAccountToken.path, { data, mode }]])
  }
  const [name = 'none'] = Object.keys(source)
  throw new VolumeError(`volume source ${name} is not supported on this node`)
}

function absent(kind: string, name: string, isOptional: boolean): undefined {
  if (!isOptional) throw new VolumeError(`${kind} "${name}" not found`)
  return undefined
}

function configMapData(object: ConfigMap | undefined): ReadonlyMap<string, Uint8Array> {
  const { data = {}, binaryData = {} } = object ?? {}
  return new Map([
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ])
}

function secretData(object: Secret | undefined): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(object?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]),
  )
}

interface Selection {
  readonly items: readonly KeyToPath[] | undefined
  readonly optional: boolean
  readonly mode: number
  readonly word: string
}

function keyed(data: ReadonlyMap<string, Uint8Array>, selection: Selection): Payload {
  const { items, optional, mode, word } = selection
  if (!items || items.length === 0)
    return new Map([...data].map(([key, bytes]) => [key, { data: bytes, mode }]))
  return new Map(
    items.flatMap((item) => {
      const bytes = data.get(item.key)
      if (!bytes && !optional)
        throw new VolumeError(`references non-existent ${word} key: ${item.key}`)
      return bytes ? [[item.path, { data: bytes, mode: item.mode ?? mode }] as const] : []
    }),
  )
}

function downward(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  context: FieldContext,
): Payload {
  return new Map(
    items.map((item) => [
      item.path,
      { data: Buffer.from(downwardText(item, context)), mode: item.mode ?? mode },
    ]),
  )
}

function downwardText(item: DownwardAPIVolumeFile, context: FieldContext): string {
  const { fieldRef, resourceFieldRef } = item
  const { spec } = context.pod
  if (fieldRef) {
    const value = fieldValue(fieldRef.fieldPath, context)
    if (value === undefined) throw new VolumeError(`unsupported fieldPath: ${fieldRef.fieldPath}`)
    return value
  }
  const all: readonly Container[] = [...spec.containers, ...(spec.initContainers ?? [])]
  const container = all.find(({ name }) => name === resourceFieldRef?.containerName)
  if (!resourceFieldRef || !container)
    throw new VolumeError(`container ${resourceFieldRef?.containerName ?? ''} not found`)
  return resourceValue(resourceFieldRef, container, context) ?? ''
}

/** Names of the objects that a volume shows, to be read before volumePayload is asked. */
export function volumeReferences(volume: Volume): {
  readonly configMaps: readonly string[]
  readonly secrets: readonly string[]
  readonly tokens: readonly ServiceAccountTokenProjection[]
} {
  const sources = volume.projected?.sources ?? []
  return {
    configMaps: [volume.configMap, ...sources.map(({ configMap }) => configMap)].flatMap(
      (source) => source?.name ?? [],
    ),
    secrets: [
      ...(volume.secret?.secretName ? [volume.secret.secretName] : []),
      ...sources.flatMap(({ secret }) => secret?.name ?? []),
    ],
    tokens: sources.flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []),
  }
}
