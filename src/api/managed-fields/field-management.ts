// Who set which field. After a plain write the writer owns what it changed; a server-side apply
// merges a configuration, in which the applier owns everything it says, and others who own one of
// its places differently are conflicts. Source of the rules: structured-merge-diff, apimachinery's
// managedfields, KEP-555.

import { conformObject, conformPart, type DecodeTarget } from '../decode.ts'
import { type Draft, isDraft, isSame } from '../draft.ts'
import { goText } from '../patch/errors.ts'
import { StatusError } from '../status-error.ts'
import { timeOf } from '../time.ts'
import { compare } from './compare.ts'
import { type Conflict, conflictError } from './conflict.ts'
import {
  type FieldSet,
  hasPlace,
  intersection,
  isEmptySet,
  membersOf,
  noFields,
  union,
  withoutFields,
} from './field-set.ts'
import { lastAppliedFields, withLastApplied } from './last-applied.ts'
import {
  capped,
  decodeOwners,
  disowned,
  encodeOwners,
  entriesOf,
  identityOf,
  type Manager,
  type Operation,
  type Owned,
  type Owners,
  ownable,
} from './managers.ts'
import { mergeValues } from './merge.ts'
import { assertFits } from './problems.ts'
import { pruned } from './prune.ts'
import { type Shape, shapeOf, unknownShape } from './shape.ts'
import { fieldSetOf, ShapeError } from './walk.ts'

/** What is written, and who writes it. */
export interface FieldWriter {
  readonly target: DecodeTarget & { readonly hasStatus: boolean }
  /** Of kinds without a definition; absent: their fields are taken by what they hold. */
  readonly shape?: Shape | undefined
  readonly manager: string
  readonly subresource: string
  readonly now: Date
}

export interface FieldApplier extends FieldWriter {
  readonly force: boolean
}

/** Brings the managedFields of `next` up to date, in place. `previous` is absent on create. */
export function recordFields(next: Draft, previous: Draft | undefined, by: FieldWriter): void {
  const shape = shapeOfTarget(by)
  const owners = ownersFor(next, previous, by.subresource)
  // Of what nobody kept track of so far nobody does, until the first apply.
  if (previous && owners.size === 0) {
    encodeOwners(next, owners)
    return
  }
  const after = withoutManagedFields(next)
  const before = withoutManagedFields(previous ?? emptyObject(by.target))
  try {
    encodeOwners(next, capped(updatedOwners(owners, { shape, before, after, by })))
  } catch (error) {
    // Objects that do not fit their schema are written all the same, and owned as they were.
    if (!(error instanceof ShapeError)) throw error
    encodeOwners(next, owners)
  }
}

function shapeOfTarget({ target: { def }, shape }: FieldWriter): Shape {
  return shape ?? (def ? shapeOf(def) : unknownShape)
}

/** A client may clear the entries with an empty list, and otherwise need not send them. */
function ownersFor(next: Draft, previous: Draft | undefined, subresource: string): Owners {
  const sent = subresource === '' ? entriesOf(next) : undefined
  if (sent && isReset(sent)) return new Map()
  const owners = sent && decodeOwners(next)
  return owners && owners.size > 0 ? owners : (decodeOwners(previous) ?? new Map())
}

function isReset(entries: readonly object[]): boolean {
  return (
    entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0)
  )
}

function withoutManagedFields(object: Draft): Draft {
  const { metadata } = object
  if (!isDraft(metadata)) return object
  const { managedFields: _, ...rest } = metadata
  return { ...object, metadata: rest }
}

const emptyObjects = new WeakMap<DecodeTarget, Draft>()

/** What is there before anything is: the fields that are always written. Only to be read. */
function emptyObject(target: DecodeTarget): Draft {
  const known = emptyObjects.get(target)
  if (known) return known
  const { object } = conformObject(target, {})
  emptyObjects.set(target, object)
  return object
}

interface Change {
  readonly shape: Shape
  readonly before: Draft
  readonly after: Draft
  readonly by: FieldWriter
}

function updatedOwners(owners: Owners, { shape, before, after, by }: Change): Owners {
  const { changed, removed } = compare(shape, before, after)
  const rest = disowned(owners, union(changed, removed))
  const own = ownable(written(changed, by))
  if (isEmptySet(own)) return rest
  const manager = managerOf(by, 'Update')
  const identity = identityOf(manager)
  const fields = union(rest.get(identity)?.fields ?? noFields, own)
  return rest.set(identity, { manager, fields, time: timeOf(by.now) })
}

function managerOf({ manager, subresource, target }: FieldWriter, operation: Operation): Manager {
  const { group, version } = target
  const apiVersion = group ? `${group}/${version}` : version
  return { name: manager || 'unknown', operation, apiVersion, subresource }
}

/** Of a set only what this endpoint can write. */
function written(fields: FieldSet, { subresource, target }: FieldWriter): FieldSet {
  if (subresource === '') return target.hasStatus ? withoutFields(fields, ['status']) : fields
  return subresource === 'status' ? withoutFields(fields, ['spec']) : fields
}

/**
 * The object after the apply, with its managedFields; `live` is absent when it is created.
 * `config` is as it was read; it is changed. Throws StatusError.
 */
export function applyFields(live: Draft | undefined, config: Draft, by: FieldApplier): Draft {
  checkConfiguration(config, by)
  try {
    return applyOver(live, config, by)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw new StatusError(
      'BadRequest',
      `failed to create typed patch object (${nameText(config)}): ${error.message}`,
    )
  }
}

function checkConfiguration(config: Draft, { target }: FieldApplier): void {
  const expected = target.group ? `${target.group}/${target.version}` : target.version
  if (config['apiVersion'] !== expected) {
    throw new StatusError(
      'BadRequest',
      `Incorrect version specified in apply patch. Specified patch version: ${config['apiVersion']}, expected: ${expected}`,
    )
  }
  if (entriesOf(config) !== undefined) {
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil')
  }
}

function nameText({ apiVersion, kind, metadata }: Draft): string {
  const { namespace = '', name } = isDraft(metadata) ? metadata : {}
  return `${goText(namespace)}/${goText(name)}; ${apiVersion}, Kind=${kind}`
}

function applyOver(live: Draft | undefined, config: Draft, by: FieldApplier): Draft {
  const shape = shapeOfTarget(by)
  assertFits(shape, config)
  conformPart(by.target, config)
  const before = withoutManagedFields(live ?? emptyObject(by.target))
  const owners = trackedOwners(live, before, { shape, by })
  const manager = managerOf(by, 'Apply')
  const identity = identityOf(manager)
  const last = owners.get(identity)
  const fields = written(fieldSetOf(shape, config), by)
  const claimed = new Map(owners).set(identity, { manager, fields, time: last?.time })
  const merged = mergeValues(shape, before, config)
  const after = pruned({ shape, merged, last: last?.fields ?? noFields, owners: claimed })
  if (!isDraft(after)) throw new ShapeError('expected map')
  const rest = resolved(claimed, { shape, before, after, by, identity })
  const result = conformObject(by.target, after).object
  const isChanged = !live || !isSame(before, result)
  const time = isChanged ? timeOf(by.now) : last?.time
  encodeOwners(result, withApplier(rest, { manager, fields: ownable(fields), time }))
  return withLastApplied(result, config, by.manager)
}

function withApplier(owners: Owners, owned: Owned): Owners {
  const all = new Map(owners)
  all.delete(identityOf(owned.manager))
  if (!isEmptySet(owned.fields)) all.set(identityOf(owned.manager), owned)
  return all
}

const beforeFirstApply = 'before-first-apply'

/** What an object had before anybody kept track counts as one owner's. */
function trackedOwners(
  live: Draft | undefined,
  before: Draft,
  { shape, by }: { readonly shape: Shape; readonly by: FieldApplier },
): Owners {
  const owners = decodeOwners(live)
  if (live && !owners) {
    throw new StatusError('InternalError', 'failed to decode managed fields')
  }
  if (!live || (owners && owners.size > 0)) return owners ?? new Map()
  const first = { ...by, manager: beforeFirstApply }
  return updatedOwners(new Map(), {
    shape,
    before: emptyObject(by.target),
    after: before,
    by: first,
  })
}

interface Resolution extends Change {
  readonly by: FieldApplier
  /** Of the applier, who does not conflict with itself. */
  readonly identity: string
}

/** Takes from the others what the apply changed; throws the conflicts unless it is forced. */
function resolved(owners: Owners, { identity, by, ...change }: Resolution): Map<string, Owned> {
  const { changed, removed } = compare(change.shape, change.before, change.after)
  const others = new Map([...owners].filter(([other]) => other !== identity))
  const conflicts = conflictsWith(others, changed)
  const open = by.force ? [] : beyondLastApplied(conflicts, change.before, { ...change, by })
  if (open.length > 0) throw conflictError(open)
  return disowned(others, union(changed, removed))
}

function conflictsWith(others: Owners, changed: FieldSet): Conflict[] {
  return [...others.values()].flatMap(({ manager, fields }) =>
    membersOf(intersection(fields, changed)).map((steps) => ({ manager, steps })),
  )
}

/** kubectl may take over what it applied from the client's side before. */
function beyondLastApplied(
  conflicts: readonly Conflict[],
  live: Draft,
  { shape, by }: Omit<Resolution, 'identity'>,
): readonly Conflict[] {
  if (by.manager !== 'kubectl' || conflicts.length === 0) return conflicts
  const allowed = lastAppliedFields(live, shape)
  return conflicts.filter(({ steps }) => !hasPlace(allowed, steps))
}
