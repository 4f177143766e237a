// Writes the status of definitions, as the API server itself.

import { isReason } from '../../api/status-error.ts'
import type { CustomResourceDefinition } from '../../api/types.gen.ts'
import type { Reader } from '../reader.ts'

export type DefinitionChange = Pick<CustomResourceDefinition, 'status' | 'metadata'>

/** The definition as written; undefined when somebody else changed it first: an event will tell. */
export async function writeStatus(
  { send }: Reader,
  definition: CustomResourceDefinition,
  change: Partial<DefinitionChange>,
): Promise<CustomResourceDefinition | undefined> {
  const { name } = definition.metadata
  try {
    return (await send({
      method: 'PUT',
      path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}/status`,
      headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' },
      body: JSON.stringify({ ...definition, ...change }),
    })) as CustomResourceDefinition
  } catch (error) {
    if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return undefined
    throw error
  }
}
