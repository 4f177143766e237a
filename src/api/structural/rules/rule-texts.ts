// What is wrong with the texts of rules, before anything is compiled.

import { type FieldError, invalid, notSupported, required } from '../../field-error.ts'
import type { ValidationRule } from '../../types.gen.ts'
import { when } from '../../validation/checks.ts'
import { at, child } from '../../validation/field-path.ts'
import type { Schema } from '../schema.ts'
import { rulesOf } from './compile-rules.ts'
import { followPath } from './rule-path.ts'

const reasons = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
]

export function rulePath(path: string, index: number): string {
  return at(child(path, 'x-kubernetes-validations'), index)
}

export function ruleTextErrors(schema: Schema, path: string): FieldError[] {
  return rulesOf(schema).flatMap((rule, index) => {
    const place = rulePath(path, index)
    const { messageExpression = '', reason, fieldPath = '' } = rule
    const fieldPlace = child(place, 'fieldPath')
    return [
      ...messageErrors(rule, place),
      ...when(
        messageExpression !== '' && messageExpression.trim() === '',
        required(
          child(place, 'messageExpression'),
          'messageExpression must be non-empty if specified',
        ),
      ),
      ...when(
        reason !== undefined && !reasons.includes(reason),
        notSupported(child(place, 'reason'), reason, reasons),
      ),
      ...when(
        fieldPath !== '' && fieldPath.trim() === '',
        invalid(fieldPlace, fieldPath, 'must be non-empty if specified'),
      ),
      ...when(hasLines(fieldPath), invalid(fieldPlace, fieldPath, 'must not contain line breaks')),
      ...when(
        fieldPath !== '' && typeof followPath(fieldPath, schema) === 'string',
        invalid(fieldPlace, fieldPath, 'must be a valid path'),
      ),
    ]
  })
}

const hasLines = (text: string) => /[\n\r]/.test(text)

function messageErrors({ rule, message = '' }: ValidationRule, place: string): FieldError[] {
  const messagePath = child(place, 'message')
  if ((rule ?? '').trim() === '') return [required(child(place, 'rule'), 'rule is not specified')]
  if (message !== '' && message.trim() === '') {
    return [invalid(messagePath, message, 'must be non-empty if specified')]
  }
  if (hasLines(message.trim())) {
    return [invalid(messagePath, message, 'must not contain line breaks')]
  }
  if (!hasLines(rule.trim()) || message !== '') return []
  return [required(messagePath, 'message must be specified if rule contains line breaks')]
}
