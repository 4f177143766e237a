// Persistent volumes and storage classes.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-error.ts'
import { compareQuantities } from '../quantity.ts'
import type { PersistentVolume, PersistentVolumeSpec, StorageClass } from '../types.gen.ts'
import {
  each,
  fixedErrors,
  optionalForm,
  optionErrors,
  repeatedOf,
  requiredForm,
  when,
} from './checks.ts'
import { driverNameErrors } from './device-names.ts'
import { at, child } from './field-path.ts'
import { qualifiedNameErrors } from './metadata.ts'
import { dnsLabelProblems, dnsSubdomainProblems, qualifiedNameProblems } from './names.ts'
import { nodeSelectorErrors } from './scheduling.ts'
import { accessModesErrors, volumeModes } from './storage-claim.ts'

type Volume = DraftOf<PersistentVolume>
type Spec = DraftOf<PersistentVolumeSpec>

const reclaimPolicies = ['Delete', 'Recycle', 'Retain']

export function volumeErrors({ spec = {} }: Volume): FieldError[] {
  return [
    ...accessModesErrors(spec.accessModes, 'spec.accessModes'),
    ...capacityErrors(spec),
    ...optionErrors(
      spec.persistentVolumeReclaimPolicy,
      'spec.persistentVolumeReclaimPolicy',
      reclaimPolicies,
    ),
    ...affinityErrors(spec),
    ...sourceErrors(spec),
    ...optionalForm(spec.storageClassName, 'spec.storageClassName', dnsSubdomainProblems),
    ...optionErrors(spec.volumeMode, 'spec.volumeMode', volumeModes),
  ]
}

function capacityErrors({ capacity }: Spec): FieldError[] {
  const names = Object.keys(capacity ?? {})
  const size = capacity?.['storage']
  const isOdd = size === undefined || names.length > 1
  const place = at('spec.capacity', 'storage')
  return [
    ...when(names.length === 0, required('spec.capacity')),
    ...when(isOdd, notSupported('spec.capacity', capacity, ['storage'])),
    ...when(
      size !== undefined && compareQuantities(size, '0') <= 0,
      invalid(place, size, 'must be greater than zero'),
    ),
  ]
}

function affinityErrors({ nodeAffinity, local }: Spec): FieldError[] {
  const place = 'spec.nodeAffinity'
  if (!nodeAffinity) {
    return when(local, required(place, 'Local volume requires node affinity'))
  }
  if (nodeAffinity.required) return nodeSelectorErrors(nodeAffinity.required, `${place}.required`)
  return [required(`${place}.required`, 'must specify required node constraints')]
}

/** What a volume's spec may hold besides its source. */
const notSources = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]

function sourcesOf(spec: Spec): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(spec).filter(
      ([name, value]) => !notSources.includes(name) && value !== undefined,
    ),
  )
}

function sourceErrors(spec: Spec): FieldError[] {
  const [first, ...more] = Object.keys(sourcesOf(spec))
  if (first === undefined) return [required('spec', 'must specify a volume type')]
  const { hostPath, local, nfs, csi } = spec
  return [
    ...when(hostPath && !hostPath.path, required('spec.hostPath.path')),
    ...when(
      hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle',
      forbidden(
        'spec.persistentVolumeReclaimPolicy',
        "may not be 'recycle' for a hostPath mount of '/'",
      ),
    ),
    ...when(local && !local.path, required('spec.local.path')),
    ...when(nfs && !nfs.server, required('spec.nfs.server')),
    ...when(nfs && !nfs.path, required('spec.nfs.path')),
    ...(csi ? csiErrors(csi, 'spec.csi') : []),
    ...more.map((name) => forbidden(`spec.${name}`, 'may not specify more than 1 volume type')),
  ]
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

function csiErrors(csi: NonNullable<Spec['csi']>, path: string): FieldError[] {
  return [
    ...driverNameErrors(csi.driver ?? '', child(path, 'driver')),
    ...when(!csi.volumeHandle, required(child(path, 'volumeHandle'))),
    ...csiSecrets.flatMap((name) => {
      const secret = csi[name]
      const place = child(path, name)
      return secret
        ? [
            ...requiredForm(secret.name, child(place, 'name'), dnsSubdomainProblems),
            ...requiredForm(secret.namespace, child(place, 'namespace'), dnsLabelProblems),
          ]
        : []
    }),
  ]
}

export function volumeUpdateErrors(next: Volume, previous: Volume): FieldError[] {
  const sources = sourcesOf(next.spec ?? {})
  const before = sourcesOf(previous.spec ?? {})
  return [
    ...when(
      !isSameMeaning(sources, before),
      forbidden(
        'spec.persistentvolumesource',
        'spec.persistentvolumesource is immutable after creation\n',
      ),
    ),
    ...fixedErrors(next.spec?.volumeMode, previous.spec?.volumeMode, 'volumeMode'),
    ...(previous.spec?.nodeAffinity
      ? fixedErrors(next.spec?.nodeAffinity, previous.spec.nodeAffinity, 'nodeAffinity')
      : []),
  ]
}

type Class = DraftOf<StorageClass>

const parametersLimitBytes = 256 * 1024

export function storageClassErrors(storageClass: Class): FieldError[] {
  return [
    ...provisionerErrors(storageClass.provisioner, 'provisioner'),
    ...parametersErrors(storageClass.parameters, 'parameters'),
    ...(storageClass.reclaimPolicy
      ? optionErrors(storageClass.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain'])
      : []),
    ...optionErrors(storageClass.volumeBindingMode, 'volumeBindingMode', [
      'Immediate',
      'WaitForFirstConsumer',
    ]),
    ...topologiesErrors(storageClass.allowedTopologies ?? [], 'allowedTopologies'),
  ]
}

type Topologies = NonNullable<Class['allowedTopologies']>

/** Terms that name labels of nodes, each label once and each term once. */
function topologiesErrors(terms: Topologies, path: string): FieldError[] {
  const repeated = repeatedOf(terms, ({ matchLabelExpressions }) =>
    JSON.stringify(
      (matchLabelExpressions ?? []).map(({ key, values }) => [key, values?.toSorted()]).sort(),
    ),
  )
  return [
    ...each(terms, path, ({ matchLabelExpressions: expressions = [] }, place) => {
      const field = child(place, 'matchLabelExpressions')
      return [
        // Upstream holds a term that says nothing for a second one.
        ...when(expressions.length === 0, duplicate(field, '')),
        ...each(expressions, field, topologyErrors),
        ...repeatedOf(expressions, ({ key }) => key).map(({ element, index }) =>
          duplicate(child(at(field, index), 'key'), element.key),
        ),
      ]
    }),
    ...repeated.map(({ index }) => duplicate(child(at(path, index), 'matchLabelExpressions'), '')),
  ]
}

type Topology = NonNullable<Topologies[number]['matchLabelExpressions']>[number]

function topologyErrors({ key = '', ...topology }: Topology, path: string): FieldError[] {
  const values = topology.values ?? []
  const field = child(path, 'values')
  return [
    ...when(values.length === 0, required(field)),
    ...repeatedOf(values, (value) => value).map(({ element, index }) =>
      duplicate(at(field, index), element),
    ),
    ...qualifiedNameErrors(key, child(path, 'key')),
  ]
}

export function provisionerErrors(provisioner: string | undefined, path: string): FieldError[] {
  if (!provisioner) return [required(path, '')]
  return qualifiedNameProblems(provisioner.toLowerCase()).map((problem) =>
    invalid(path, provisioner, problem),
  )
}

export function parametersErrors(parameters: Class['parameters'], path: string): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  const size = entries.reduce((sum, [key, value = '']) => sum + key.length + value.length, 0)
  if (entries.length > 512) return [tooLong(path, 512)]
  return [
    ...entries.flatMap(([key]) => when(key === '', invalid(path, key, 'field can not be empty.'))),
    ...when(size > parametersLimitBytes, tooLong(path, parametersLimitBytes)),
  ]
}

export function storageClassUpdateErrors(next: Class, previous: Class): FieldError[] {
  const isKept = isSameMeaning(next.parameters, previous.parameters)
  return [
    ...when(!isKept, forbidden('parameters', 'updates to parameters are forbidden.')),
    ...when(
      next.provisioner !== previous.provisioner,
      forbidden('provisioner', 'updates to provisioner are forbidden.'),
    ),
    ...when(
      next.reclaimPolicy !== previous.reclaimPolicy,
      forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'),
    ),
    ...fixedErrors(next.volumeBindingMode, previous.volumeBindingMode, 'volumeBindingMode'),
  ]
}
