// Reads of objects that are known by how they should look.

import { pathOf } from '../../api/kinds.ts'
import { isReason } from '../../api/status-error.ts'
import type { Reader } from '../reader.ts'
import { entryOf, type StoredObject } from './stored-object.ts'

/** The stored object of the same kind and name; undefined where there is none. */
export async function getStored(
  reader: Reader,
  object: StoredObject,
): Promise<StoredObject | undefined> {
  const { namespace, name } = object.metadata
  const path = pathOf(entryOf(object), namespace, name)
  try {
    return (await reader.send({ method: 'GET', path })) as StoredObject
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
