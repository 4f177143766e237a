// The numbers that the scale subresource reads must be such, wherever an object is written.

import type { Draft } from '../../api/draft.ts'
import { type FieldError, invalid } from '../../api/field-error.ts'
import { valueAt } from '../registry/api-object.ts'
import type { ScalePaths } from '../registry/resource.ts'

const mostReplicas = 2 ** 31 - 1

export function scaleErrors(paths: ScalePaths | undefined, object: Draft): FieldError[] {
  if (!paths) return []
  return [...replicasErrors(paths.specReplicas, object), ...scaleStatusErrors(paths, object)]
}

export function scaleStatusErrors(paths: ScalePaths | undefined, object: Draft): FieldError[] {
  if (!paths) return []
  const { statusReplicas, labelSelector } = paths
  return [
    ...replicasErrors(statusReplicas, object),
    ...(labelSelector === undefined ? [] : selectorErrors(labelSelector, object)),
  ]
}

function replicasErrors(path: string, object: Draft): FieldError[] {
  const value = valueAt(object, ...path.split('.'))
  if (value === undefined) return []
  const field = `.${path}`
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return [invalid(field, 0, `${field} accessor error: ${goValue(value)}, expected int64`)]
  }
  if (value < 0) return [invalid(field, value, 'should be a non-negative integer')]
  if (value <= mostReplicas) return []
  return [invalid(field, value, `should be less than or equal to ${mostReplicas}`)]
}

function selectorErrors(path: string, object: Draft): FieldError[] {
  const value = valueAt(object, ...path.split('.'))
  if (value === undefined || typeof value === 'string') return []
  const field = `.${path}`
  return [invalid(field, '', `${field} accessor error: ${goValue(value)}, expected string`)]
}

function goValue(value: unknown): string {
  const type =
    typeof value === 'number'
      ? 'float64'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'string'
          ? 'string'
          : Array.isArray(value)
            ? '[]interface {}'
            : 'map[string]interface {}'
  return `${typeof value === 'object' ? JSON.stringify(value) : String(value)} is of the type ${type}`
}
