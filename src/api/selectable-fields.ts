// The fields that a field selector may name, for each kind, and their values in an object.

import { type Draft, type DraftValue, isDraft } from './draft.ts'
import type { KindEntry } from './kinds.ts'

/** Name in the selector -> path in the object, where the two differ. */
type FieldPaths = Readonly<Record<string, string>>

const sameNames = (...paths: readonly string[]): FieldPaths =>
  Object.fromEntries(paths.map((path) => [path, path]))

const referenceLeaves = [
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
]

const involved = (root: string): FieldPaths =>
  sameNames(...referenceLeaves.map((leaf) => `${root}.${leaf}`))

const fieldPaths: Readonly<Record<string, FieldPaths>> = {
  '/Pod': {
    ...sameNames(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.podIPs',
      'status.nominatedNodeName',
    ),
    'spec.host': 'spec.nodeName',
  },
  '/Node': sameNames('spec.unschedulable'),
  '/Service': sameNames('spec.clusterIP', 'spec.type'),
  '/Secret': sameNames('type'),
  '/Namespace': { ...sameNames('status.phase'), name: 'metadata.name' },
  '/ReplicationController': sameNames('status.replicas'),
  'batch/Job': sameNames('status.successful'),
  '/Event': {
    ...involved('involvedObject'),
    ...sameNames('reason', 'reportingComponent', 'source', 'type'),
  },
  'events.k8s.io/Event': {
    ...involved('regarding'),
    ...sameNames('reason', 'reportingController', 'type'),
  },
  'certificates.k8s.io/CertificateSigningRequest': sameNames('spec.signerName'),
  'certificates.k8s.io/ClusterTrustBundle': sameNames('spec.signerName'),
  'certificates.k8s.io/PodCertificateRequest': sameNames(
    'spec.signerName',
    'spec.podName',
    'spec.nodeName',
  ),
  'resource.k8s.io/ResourceSlice': sameNames('spec.nodeName', 'spec.driver'),
}

/** Values that are not simply the text of the field at the path. */
const computed: Readonly<Record<string, (object: Draft) => string>> = {
  '/Pod status.podIPs': (object) => textAt(object, 'status.podIP'),
  '/Pod spec.hostNetwork': (object) => String(valueAt(object, 'spec.hostNetwork') ?? false),
  '/Node spec.unschedulable': (object) => String(valueAt(object, 'spec.unschedulable') ?? false),
  '/ReplicationController status.replicas': (object) =>
    String(valueAt(object, 'status.replicas') ?? 0),
  'batch/Job status.successful': (object) => String(valueAt(object, 'status.succeeded') ?? 0),
  '/Event source': (object) =>
    textAt(object, 'source.component') || textAt(object, 'reportingComponent'),
}

type KindName = Pick<KindEntry, 'group' | 'kind'>

function keyOf({ group, kind }: KindName): string {
  return `${group}/${kind}`
}

/** The names that a field selector may use for this kind. */
export function selectableFieldNames(entry: KindName): string[] {
  return ['metadata.name', 'metadata.namespace', ...Object.keys(fieldPaths[keyOf(entry)] ?? {})]
}

/** The value of a selectable field; empty where the object has none. */
export function selectableValue(entry: KindName, object: Draft, name: string): string {
  const key = keyOf(entry)
  const rule = computed[`${key} ${name}`]
  return rule ? rule(object) : textAt(object, fieldPaths[key]?.[name] ?? name)
}

/** All selectable fields of an object. */
export function selectableFields(entry: KindName, object: Draft): Record<string, string> {
  return Object.fromEntries(
    selectableFieldNames(entry).map((name) => [name, selectableValue(entry, object, name)]),
  )
}

function textAt(object: Draft, path: string): string {
  const value = valueAt(object, path)
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}

function valueAt(object: Draft, path: string): DraftValue | undefined {
  return path
    .split('.')
    .reduce<DraftValue | undefined>(
      (value, step) => (isDraft(value) ? value[step] : undefined),
      object,
    )
}
