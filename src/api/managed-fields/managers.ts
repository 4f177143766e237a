// Who owns which places: the entries of metadata.managedFields, decoded, changed, encoded.

import { type Draft, type DraftOf, draftAs, isDraft } from '../draft.ts'
import type { ManagedFieldsEntry, ObjectMeta } from '../types.gen.ts'
import {
  decodeFields,
  difference,
  encodeFields,
  type FieldSet,
  isEmptySet,
  noFields,
  setOfPlace,
  union,
} from './field-set.ts'

export type Operation = 'Apply' | 'Update'

/** One owner: a name, how it writes, through which endpoint, in which version. */
export interface Manager {
  readonly name: string
  readonly operation: Operation
  readonly apiVersion: string
  readonly subresource: string
}

export interface Owned {
  readonly manager: Manager
  readonly fields: FieldSet
  readonly time: string | undefined
}

/** By the manager's identity. */
export type Owners = ReadonlyMap<string, Owned>

/** Appliers are the same whatever version they use; those who update are not. */
export function identityOf({ name, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource])
}

/** The entries of an object; undefined when one of them makes no sense. */
export function decodeOwners(object: Draft | undefined): Owners | undefined {
  const entries = entriesOf(object) ?? []
  const owners = new Map<string, Owned>()
  for (const entry of entries) {
    const owned = decodeEntry(entry)
    if (!owned) return undefined
    owners.set(identityOf(owned.manager), owned)
  }
  return owners
}

type Entry = DraftOf<ManagedFieldsEntry>

export function entriesOf(object: Draft | undefined): readonly Entry[] | undefined {
  const metadata = object?.['metadata']
  return isDraft(metadata) ? draftAs<ObjectMeta>(metadata).managedFields : undefined
}

function decodeEntry(entry: Entry): Owned | undefined {
  const { manager = '', operation, apiVersion, subresource = '', fieldsType, time } = entry
  const fields = decodeFields(entry.fieldsV1)
  const isKnown = operation === 'Apply' || operation === 'Update'
  if (!isKnown || !apiVersion || fieldsType !== 'FieldsV1' || !fields) return undefined
  return { manager: { name: manager, operation, apiVersion, subresource }, fields, time }
}

/** Writes the entries into the object's metadata; none: the field goes. */
export function encodeOwners(object: Draft, owners: Owners): void {
  const metadata = object['metadata']
  if (!isDraft(metadata)) return
  const entries = [...owners.values()].sort(inOrder).map(encodeEntry)
  if (entries.length > 0) metadata['managedFields'] = entries
  else delete metadata['managedFields']
}

function encodeEntry({ manager, fields, time }: Owned): Draft {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(fields),
    ...(manager.subresource && { subresource: manager.subresource }),
  }
}

/** Appliers first, then by time, name, version and endpoint. */
function inOrder(a: Owned, b: Owned): number {
  const keys = ({ manager, time }: Owned) => [
    manager.operation,
    time ?? '',
    manager.name,
    manager.apiVersion,
    manager.subresource,
  ]
  const [left, right] = [keys(a), keys(b)]
  const index = left.findIndex((text, position) => text !== right[position])
  if (index < 0) return 0
  return (left[index] ?? '') < (right[index] ?? '') ? -1 : 1
}

/** What the server itself writes. */
const unownedMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** Places that nobody owns. */
const unowned: FieldSet = [
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...unownedMetadata.map((name) => ['f:metadata', `f:${name}`]),
].reduce<FieldSet>((set, steps) => union(set, setOfPlace(steps)), noFields)

export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, unowned)
}

/** Each owner without what `taken` has; owners of nothing go. */
export function disowned(owners: Owners, taken: FieldSet): Map<string, Owned> {
  const rest = new Map<string, Owned>()
  for (const [identity, owned] of owners) {
    const fields = difference(owned.fields, taken)
    if (fields === owned.fields) rest.set(identity, owned)
    else if (!isEmptySet(fields)) rest.set(identity, { ...owned, fields })
  }
  return rest
}

const mostUpdaters = 10
const oldUpdaters = 'ancient-changes'

/** The oldest who update become one when there are too many of them. */
export function capped(owners: Owners): Owners {
  if (owners.size <= mostUpdaters) return owners
  const updaters = [...owners.values()]
    .filter(({ manager }) => manager.operation === 'Update')
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
  const surplus = updaters.length - mostUpdaters
  if (surplus <= 0) return owners
  const result = new Map(owners)
  for (const owned of updaters.slice(0, surplus + 1)) {
    result.delete(identityOf(owned.manager))
    const { apiVersion } = owned.manager
    const manager = { name: oldUpdaters, operation: 'Update', apiVersion, subresource: '' } as const
    const present = result.get(identityOf(manager))
    const fields = present ? union(present.fields, owned.fields) : owned.fields
    result.set(identityOf(manager), { manager, fields, time: owned.time })
  }
  return result
}
