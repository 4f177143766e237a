// Field selectors: `spec.nodeName=a,status.phase!=Running`. Text -> terms -> match.
// Source of the rules and words: apimachinery's fields package.

import { StatusError } from '../status-error.ts'

export interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** A field selector's text that cannot be understood. */
export class FieldSelectorError extends Error {}

/** Throws FieldSelectorError. The empty text selects everything. Terms come sorted. */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .toSorted()
    .filter((part) => part !== '')
    .map((part) => termOf(part, text))
}

/** Parts between commas; a backslash keeps the character after it. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|\\$|[^\\,])+/gsu) ?? []
}

function termOf(part: string, text: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/su.exec(part)
  if (!match) {
    throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${part}'`)
  }
  const [, field = '', operator, value = ''] = match
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescaped(value) }
}

/** `\\`, `\,` and `\=` stand for the character; bare `,` and `=` are not allowed. */
function unescaped(value: string): string {
  return value.replaceAll(/\\(.?)|=/gsu, (found, character: string | undefined) => {
    if (found === '=') {
      const code = found.charCodeAt(0)
      throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${code}`)
    }
    if (character === undefined || !['\\', ',', '='].includes(character)) {
      throw new FieldSelectorError(`invalid field selector: invalid escape sequence: ${found}`)
    }
    return character
  })
}

/** Fields that a kind does not offer are a 400, as upstream says it. */
export function checkFields(terms: readonly FieldTerm[], offered: readonly string[]): void {
  const unknown = terms.find(({ field }) => !offered.includes(field))
  if (unknown) throw new StatusError('BadRequest', `field label not supported: ${unknown.field}`)
}

export function matchesFields(
  terms: readonly FieldTerm[],
  fields: Readonly<Record<string, string | undefined>>,
): boolean {
  return terms.every(
    ({ field, operator, value }) => ((fields[field] ?? '') === value) === (operator === '='),
  )
}

export function fieldSelectorText(terms: readonly FieldTerm[]): string {
  return terms.map(({ field, operator, value }) => `${field}${operator}${escaped(value)}`).join(',')
}

function escaped(value: string): string {
  return value.replaceAll(/[\\,=]/g, (character) => `\\${character}`)
}
