// Volumes of Pods: exactly one source each, and what each source needs.

import type { DraftOf } from '../draft.ts'
import {
  all,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../field-error.ts'
import { compareQuantities } from '../quantity.ts'
import type { KeyToPath, Volume } from '../types.gen.ts'
import { dnsLabelErrors, each, optionErrors, rangeErrors, repeatedOf } from './checks.ts'
import { fieldRefErrors, resourceRefErrors, volumeFieldPaths } from './env.ts'
import { at, child } from './field-path.ts'
import { dnsSubdomainProblems } from './names.ts'
import { claimSpecErrors } from './storage-claim.ts'

type Source = DraftOf<Volume>
export type Volumes = ReadonlyMap<string, Source>

/** The Pod's volumes by name, for those who mount them. */
export function volumesByName(volumes: readonly Source[] | undefined): Volumes {
  return new Map((volumes ?? []).map((volume) => [volume.name ?? '', volume]))
}

/** `podName` is absent for templates. */
export function volumesErrors(
  volumes: readonly Source[] | undefined,
  path: string,
  podName: string | undefined,
): FieldError[] {
  const repeated = repeatedOf(volumes ?? [], ({ name }) => name)
  return all(
    each(volumes, path, (volume, place) =>
      all(
        sourceErrors(volume, place),
        volume.name
          ? dnsLabelErrors(volume.name, child(place, 'name'))
          : [required(child(place, 'name'))],
        madeClaimErrors(volume, place, podName),
      ),
    ),
    repeated.map(({ element, index }) => duplicate(child(at(path, index), 'name'), element.name)),
  )
}

/** The name of the claim that an ephemeral volume makes must be possible. */
function madeClaimErrors(volume: Source, path: string, podName: string | undefined): FieldError[] {
  if (!volume.ephemeral || !podName || !volume.name) return []
  const name = `${podName}-${volume.name}`
  return dnsSubdomainProblems(name).map((problem) =>
    invalid(child(path, 'name'), volume.name, `PVC name ${JSON.stringify(name)}: ${problem}`),
  )
}

type SourceName = Exclude<keyof Source, 'name'>

function sourceErrors(volume: Source, path: string): FieldError[] {
  const names = Object.keys(volume).filter((key): key is SourceName => key !== 'name')
  const present = names.filter((name) => volume[name] !== undefined && volume[name] !== null)
  const [first, ...more] = present
  if (first === undefined) return [required(path, 'must specify a volume type')]
  return all(
    oneSourceErrors(volume, path),
    more.map((name) => forbidden(child(path, name), 'may not specify more than 1 volume type')),
  )
}

function oneSourceErrors(volume: Source, path: string): FieldError[] {
  return all(
    emptyDirErrors(volume, path),
    hostPathErrors(volume, path),
    secretErrors(volume, path),
    configMapErrors(volume, path),
    downwardErrors(volume.downwardAPI, child(path, 'downwardAPI')),
    projectedErrors(volume, path),
    claimErrors(volume, path),
    networkErrors(volume, path),
    ephemeralErrors(volume, path),
    imageErrors(volume, path),
  )
}

function emptyDirErrors({ emptyDir }: Source, path: string): FieldError[] {
  const { sizeLimit } = emptyDir ?? {}
  const isNegative = sizeLimit !== undefined && compareQuantities(sizeLimit, '0') < 0
  const detail = 'SizeLimit field must be a valid resource quantity'
  return isNegative ? [forbidden(child(path, 'emptyDir', 'sizeLimit'), detail)] : []
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

function hostPathErrors({ hostPath }: Source, path: string): FieldError[] {
  if (!hostPath) return []
  const place = child(path, 'hostPath')
  if (!hostPath.path) return [required(child(place, 'path'))]
  return all(
    noBackstepErrors(hostPath.path, child(place, 'path')),
    optionErrors(hostPath.type, child(place, 'type'), hostPathTypes),
  )
}

export function noBackstepErrors(text: string, path: string): FieldError[] {
  return text.split('/').includes('..') ? [invalid(path, text, "must not contain '..'")] : []
}

/** A path below some directory. */
export function relativePathErrors(text: string, path: string): FieldError[] {
  return all(
    text.startsWith('/') ? [invalid(path, text, 'must be a relative path')] : [],
    noBackstepErrors(text, path),
  )
}

/** A file's path in a volume: relative, and not of the names that atomic updates need. */
function filePathErrors(text: string, path: string): FieldError[] {
  return all(
    relativePathErrors(text, path),
    text.startsWith('..') && !text.startsWith('../')
      ? [invalid(path, text, "must not start with '..'")]
      : [],
  )
}

export function modeErrors(mode: number | undefined, path: string): FieldError[] {
  const isOdd = mode !== undefined && (mode < 0 || mode > 0o777)
  const detail = 'must be a number between 0 and 0777 (octal), both inclusive'
  return isOdd ? [invalid(path, mode, detail)] : []
}

type Items = readonly DraftOf<KeyToPath>[]

function itemsErrors(items: Items | undefined, path: string): FieldError[] {
  return each(items, path, (item, place) =>
    all(
      item.key ? [] : [required(child(place, 'key'))],
      item.path
        ? filePathErrors(item.path, child(place, 'path'))
        : [required(child(place, 'path'))],
      modeErrors(item.mode, child(place, 'mode')),
    ),
  )
}

function secretErrors({ secret }: Source, path: string): FieldError[] {
  if (!secret) return []
  const place = child(path, 'secret')
  return all(
    !secret.secretName ? [required(child(place, 'secretName'))] : [],
    modeErrors(secret.defaultMode, child(place, 'defaultMode')),
    itemsErrors(secret.items, child(place, 'items')),
  )
}

function configMapErrors({ configMap }: Source, path: string): FieldError[] {
  if (!configMap) return []
  const place = child(path, 'configMap')
  return all(
    !configMap.name ? [required(child(place, 'name'))] : [],
    modeErrors(configMap.defaultMode, child(place, 'defaultMode')),
    itemsErrors(configMap.items, child(place, 'items')),
  )
}

type Downward = Source['downwardAPI']

function downwardErrors(source: Downward, path: string): FieldError[] {
  return all(
    modeErrors(source?.defaultMode, child(path, 'defaultMode')),
    downwardFilesErrors(source?.items, path),
  )
}

type Files = NonNullable<Downward>['items']

function downwardFilesErrors(files: Files, path: string): FieldError[] {
  return (files ?? []).flatMap((file) =>
    all(
      file.path ? filePathErrors(file.path, child(path, 'path')) : [required(child(path, 'path'))],
      file.fieldRef ? fieldRefErrors(file.fieldRef, child(path, 'fieldRef'), volumeFieldPaths) : [],
      file.resourceFieldRef
        ? resourceRefErrors(file.resourceFieldRef, child(path, 'resourceFieldRef'), {
            ofVolume: true,
          })
        : [],
      file.fieldRef && file.resourceFieldRef
        ? [
            invalid(
              path,
              'resource',
              'fieldRef and resourceFieldRef can not be specified simultaneously',
            ),
          ]
        : [],
      !file.fieldRef && !file.resourceFieldRef
        ? [required(path, 'one of fieldRef and resourceFieldRef is required')]
        : [],
      modeErrors(file.mode, child(path, 'mode')),
    ),
  )
}

type Projection = NonNullable<NonNullable<Source['projected']>['sources']>[number]

function projectedErrors({ projected }: Source, path: string): FieldError[] {
  if (!projected) return []
  const place = child(path, 'projected')
  return all(
    modeErrors(projected.defaultMode, child(place, 'defaultMode')),
    each(projected.sources, child(place, 'sources'), projectionErrors),
    conflictingPathErrors(projected.sources ?? [], place),
  )
}

/** Two sources may not make the same file. */
function conflictingPathErrors(sources: readonly Projection[], path: string): FieldError[] {
  const paths = sources.flatMap(({ secret, configMap, downwardAPI, serviceAccountToken }) => [
    ...(secret?.items ?? []).map((item) => item.path),
    ...(configMap?.items ?? []).map((item) => item.path),
    ...(downwardAPI?.items ?? []).map((item) => item.path),
    ...(serviceAccountToken ? [serviceAccountToken.path] : []),
  ])
  return repeatedOf(paths, (text) => text).map(({ element }) =>
    invalid(path, element, 'conflicting duplicate paths'),
  )
}

function projectionErrors(source: Projection, path: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source
  const { clusterTrustBundle, podCertificate } = source
  const sources = {
    secret,
    configMap,
    downwardAPI,
    serviceAccountToken,
    clusterTrustBundle,
    podCertificate,
  }
  const [, ...more] = Object.entries(sources).filter(([, value]) => value !== undefined)
  return all(
    more.map(([name]) => forbidden(child(path, name), 'may not specify more than 1 volume type')),
    secret ? projectedItemsErrors(secret, child(path, 'secret')) : [],
    configMap ? projectedItemsErrors(configMap, child(path, 'configMap')) : [],
    downwardFilesErrors(downwardAPI?.items, child(path, 'downwardAPI')),
    serviceAccountToken ? tokenErrors(serviceAccountToken, child(path, 'serviceAccountToken')) : [],
  )
}

function projectedItemsErrors(
  { name, items }: { name?: string | undefined; items?: Items | undefined },
  path: string,
): FieldError[] {
  return all(!name ? [required(child(path, 'name'))] : [], itemsErrors(items, child(path, 'items')))
}

type Token = NonNullable<Projection['serviceAccountToken']>

function tokenErrors({ path: file, expirationSeconds = 3600 }: Token, path: string): FieldError[] {
  const seconds = child(path, 'expirationSeconds')
  return all(
    expirationSeconds < 600
      ? [invalid(seconds, expirationSeconds, 'may not specify a duration less than 10 minutes')]
      : [],
    expirationSeconds > 2 ** 32
      ? [invalid(seconds, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
      : [],
    file ? filePathErrors(file, child(path, 'path')) : [required(child(path, 'path'))],
  )
}

function claimErrors({ persistentVolumeClaim }: Source, path: string): FieldError[] {
  const isNameless = persistentVolumeClaim && !persistentVolumeClaim.claimName
  return isNameless ? [required(child(path, 'persistentVolumeClaim', 'claimName'))] : []
}

/** Sources that another system serves: what must be said to reach it. */
function networkErrors({ nfs, csi, gitRepo, iscsi, fc }: Source, path: string): FieldError[] {
  if (!nfs && !csi && !gitRepo && !iscsi && !fc) return []
  return all(
    nfs && !nfs.server ? [required(child(path, 'nfs', 'server'))] : [],
    nfs && !nfs.path ? [required(child(path, 'nfs', 'path'))] : [],
    nfs && !nfs.path?.startsWith('/')
      ? [invalid(child(path, 'nfs', 'path'), nfs.path, 'must be an absolute path')]
      : [],
    csi && !csi.driver ? [required(child(path, 'csi', 'driver'))] : [],
    gitRepo && !gitRepo.repository ? [required(child(path, 'gitRepo', 'repository'))] : [],
    iscsi && !iscsi.targetPortal ? [required(child(path, 'iscsi', 'targetPortal'))] : [],
    iscsi && !iscsi.iqn ? [required(child(path, 'iscsi', 'iqn'))] : [],
    iscsi ? rangeErrors(iscsi.lun ?? 0, child(path, 'iscsi', 'lun'), { least: 0, most: 255 }) : [],
    fc && !fc.targetWWNs?.length && !fc.wwids?.length
      ? [
          required(
            child(path, 'fc', 'targetWWNs'),
            'must specify either targetWWNs or wwids, but not both',
          ),
        ]
      : [],
  )
}

function ephemeralErrors({ ephemeral }: Source, path: string): FieldError[] {
  if (!ephemeral) return []
  const template = ephemeral.volumeClaimTemplate
  const place = child(path, 'ephemeral', 'volumeClaimTemplate')
  if (!template) return [required(place)]
  return claimSpecErrors(template.spec ?? {}, child(place, 'spec'))
}

function imageErrors({ image }: Source, path: string): FieldError[] {
  if (!image) return []
  const policies = ['Always', 'IfNotPresent', 'Never']
  return all(
    !image.reference ? [required(child(path, 'image', 'reference'))] : [],
    image.pullPolicy !== undefined && !policies.includes(image.pullPolicy)
      ? [notSupported(child(path, 'image', 'pullPolicy'), image.pullPolicy, policies)]
      : [],
  )
}
