// The types with a JSON form of their own: times, quantities, numbers-or-text, raw JSON.

import { ConformError, mismatch, type Place } from './conform-error.ts'
import { type DraftValue, isDraft } from './draft.ts'
import { canonicalQuantity, QuantityError } from './quantity.ts'
import type { SpecialForm } from './schema.ts'
import { parseTime, TimeError, timeText } from './time.ts'

/** The canonical form of a non-null value of a special type. */
export function conformSpecial(form: SpecialForm, value: DraftValue, place: Place): DraftValue {
  switch (form) {
    case 'quantity':
      return conformQuantity(value)
    case 'time':
    case 'microTime':
      return conformTime(value, form)
    case 'intOrString':
      return conformIntOrString(value)
    case 'schemaOrArray':
    case 'schemaOrBool':
    case 'schemaOrStringArray':
      return conformSchemaUnion(form, value, place)
    case 'rawExtension':
    case 'fieldsV1':
    case 'json':
    case 'patch':
      return value
  }
}

/** What Go writes for the zero value. */
export function zeroSpecial(form: SpecialForm): DraftValue {
  if (form === 'quantity') return '0'
  return form === 'intOrString' ? 0 : null
}

function conformQuantity(value: DraftValue): DraftValue {
  const text = typeof value === 'object' || typeof value === 'boolean' ? '{' : value
  try {
    return canonicalQuantity(typeof text === 'string' ? text.trim() : text)
  } catch (error) {
    if (error instanceof QuantityError) throw new ConformError(error.message)
    throw error
  }
}

function conformTime(value: DraftValue, form: 'time' | 'microTime'): DraftValue {
  if (typeof value !== 'string') throw mismatch(value, 'string', nowhere())
  try {
    return timeText(parseTime(value), form)
  } catch (error) {
    if (error instanceof TimeError) throw new ConformError(error.message)
    throw error
  }
}

function conformIntOrString(value: DraftValue): DraftValue {
  if (typeof value === 'string') return value
  if (typeof value !== 'number') throw mismatch(value, 'int32', nowhere())
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31) {
    throw mismatch(value, 'int32', nowhere(), `number ${value}`)
  }
  return value
}

/** A JSON schema, or the other thing it may be; the inner schemas are looked at with the CRD. */
function conformSchemaUnion(
  form: 'schemaOrArray' | 'schemaOrBool' | 'schemaOrStringArray',
  value: DraftValue,
  place: Place,
): DraftValue {
  if (isDraft(value)) return value
  if (form === 'schemaOrBool' && typeof value === 'boolean') return value
  if (form !== 'schemaOrBool' && Array.isArray(value)) return value
  const expected = form === 'schemaOrBool' ? 'boolean or JSON schema' : 'JSON schema or array'
  throw new ConformError(`${place.fields.join('.')}: ${expected} expected`)
}

/** Types that decode themselves report no place. */
function nowhere(): Place {
  return { segments: [], fields: [], struct: '', unknown: [], isPartial: false }
}
