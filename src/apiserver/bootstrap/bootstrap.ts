// Fills a fresh cluster with what every cluster contains, and mends an old one. Safe to run at each
// start, and by several API servers at once.

import { type KindEntry, pathOf } from '../../api/kinds.ts'
import { isReason } from '../../api/status-error.ts'
import type { Reader } from '../reader.ts'
import { type ClusterFacts, clusterObjects, namespaceObjects } from './cluster-objects.ts'
import { flowControlObjects } from './flow-control.ts'
import { type BootstrapPlan, bootstrapPlan } from './plan.ts'
import { rbacObjects, setupObjects } from './rbac-objects.ts'
import { conditionOf } from './statuses.ts'
import { entryOf, type StoredObject } from './stored-object.ts'
import { getStored } from './stored-reads.ts'

export async function bootstrapCluster(
  reader: Reader,
  facts: ClusterFacts,
  now: Date,
): Promise<void> {
  // Namespaces first: nothing can be created in one that does not exist.
  await settle(reader, namespaceObjects())
  await settle(
    reader,
    [...rbacObjects(), ...setupObjects(), ...flowControlObjects(), ...clusterObjects(facts, now)],
    now,
  )
}

async function settle(reader: Reader, wanted: readonly StoredObject[], now?: Date): Promise<void> {
  const observed = await observe(reader, wanted)
  const { create, update }: BootstrapPlan = bootstrapPlan(wanted, observed.flat())
  await Promise.all([
    ...create.map((object) => createObject(reader, object, now)),
    ...update.map((object) => replaceObject(reader, object)),
  ])
}

/** Kinds in namespaces may have any number of objects: of these each is looked for alone. */
function observe(reader: Reader, wanted: readonly StoredObject[]) {
  const entries = [...new Set(wanted.map(entryOf))].filter(({ namespaced }) => !namespaced)
  const inNamespaces = wanted.filter((object) => entryOf(object).namespaced)
  return Promise.all([
    ...entries.map((entry) => listStored(reader, entry)),
    ...inNamespaces.map(async (object) => (await getStored(reader, object)) ?? []),
  ])
}

async function listStored(reader: Reader, entry: KindEntry): Promise<readonly StoredObject[]> {
  const list = (await reader.send({ method: 'GET', path: pathOf(entry) })) as {
    items: readonly StoredObject[]
  }
  const apiVersion = entry.group ? `${entry.group}/${entry.version}` : entry.version
  return list.items.map((item) => ({ ...item, apiVersion, kind: entry.kind }))
}

export async function createObject(
  reader: Reader,
  object: StoredObject,
  now?: Date,
): Promise<void> {
  const { namespace, name } = object.metadata
  const write = reader.send({
    method: 'POST',
    path: pathOf(entryOf(object), namespace),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  })
  const created = await unlessRaced(object.kind === 'Service' ? unlessTaken(write) : write)
  const condition = conditionOf(object, now ?? new Date(0))
  if (!created || !condition) return
  await unlessRaced(
    reader.send({
      method: 'PATCH',
      path: pathOf(entryOf(object), namespace, name, 'status'),
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ status: { conditions: [condition] } }),
    }),
  )
}

async function replaceObject(reader: Reader, object: StoredObject): Promise<void> {
  const { namespace, name } = object.metadata
  await unlessRaced(
    reader.send({
      method: 'PUT',
      path: pathOf(entryOf(object), namespace, name),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    }),
  )
}

/** Another API server was faster: what is wanted is there. */
async function unlessRaced(write: Promise<unknown>): Promise<unknown> {
  try {
    return await write
  } catch (error) {
    if (isReason(error, 'AlreadyExists', 'Conflict')) return undefined
    throw error
  }
}

/** A Service whose address another one has is no reason not to serve: it is tried again later. */
async function unlessTaken(write: Promise<unknown>): Promise<unknown> {
  try {
    return await write
  } catch (error) {
    if (isReason(error, 'Invalid')) return undefined
    throw error
  }
}
