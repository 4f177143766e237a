// Label and field selectors of a request, and which stored objects they select. What selectors
// look at is read from an object's bytes once and remembered as long as those bytes live.

import { asDraft } from '../../api/draft.ts'
import {
  checkFields,
  FieldSelectorError,
  type FieldTerm,
  matchesFields,
  parseFieldSelector,
} from '../../api/selector/field.ts'
import {
  type LabelRequirement,
  matchesLabels,
  parseLabelSelector,
  SelectorError,
} from '../../api/selector/label.ts'
import { badRequest } from './errors.ts'
import { decodeServed } from './object-form.ts'
import type { Resource } from './resource.ts'

export interface Selection {
  /** Equal for selections that select the same. */
  readonly key: string
  /** The one object name that can match, where metadata.name=NAME was asked. */
  readonly name: string | undefined
  readonly namespace: string | undefined
  /** Absent: name and namespace say it all. */
  readonly matches: ((value: Uint8Array) => boolean) | undefined
}

export interface SelectorTexts {
  readonly labelSelector: string
  readonly fieldSelector: string
}

const everything: Selection = {
  key: '',
  name: undefined,
  namespace: undefined,
  matches: undefined,
}

/** `name`: the object that the path names, for a watch of one object. Throws BadRequest. */
export function selectionOf(resource: Resource, texts: SelectorTexts, name: string): Selection {
  const { labelSelector, fieldSelector } = texts
  if (!labelSelector && !fieldSelector && !name) return everything
  const labels = parseLabels(labelSelector)
  const terms = parseFields(resource, fieldSelector)
  const asked = exactly(terms, 'metadata.name')
  if (name && asked !== undefined && asked !== name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  }
  const rest = terms.filter((term) => !isPlace(term))
  return {
    key: JSON.stringify([labelSelector, fieldSelector, name]),
    name: name || asked,
    namespace: exactly(terms, 'metadata.namespace'),
    matches: matcher(resource, labels, rest),
  }
}

/** Terms that the key alone decides. */
function isPlace({ field, operator }: FieldTerm): boolean {
  return operator === '=' && (field === 'metadata.name' || field === 'metadata.namespace')
}

function exactly(terms: readonly FieldTerm[], field: string): string | undefined {
  return terms.find((term) => term.field === field && term.operator === '=')?.value
}

function matcher(
  resource: Resource,
  labels: readonly LabelRequirement[],
  terms: readonly FieldTerm[],
): Selection['matches'] {
  if (labels.length === 0 && terms.length === 0) return undefined
  const fields = new Set(terms.map(({ field }) => field))
  return (value) => {
    const facts = factsOf(resource, value)
    if (!matchesLabels(labels, facts.labels)) return false
    return fields.size === 0 || matchesFields(terms, facts.fields)
  }
}

interface Facts {
  readonly labels: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, string>>
}

/** Facts by the served version and the bytes: a value never changes, so neither do its facts. */
const factsByResource = new WeakMap<Resource, WeakMap<Uint8Array, Facts>>()

function factsOf(resource: Resource, value: Uint8Array): Facts {
  let known = factsByResource.get(resource)
  if (!known) factsByResource.set(resource, (known = new WeakMap()))
  let facts = known.get(value)
  if (!facts) {
    const object = decodeServed(resource, { value, revision: 0 })
    const { labels = {} } = object.metadata
    const fields = resource.strategy.selectableFields(asDraft(object))
    facts = { labels, fields }
    known.set(value, facts)
  }
  return facts
}

function parseLabels(text: string): readonly LabelRequirement[] {
  try {
    return text ? parseLabelSelector(text) : []
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

function parseFields(resource: Resource, text: string): readonly FieldTerm[] {
  try {
    const terms = text ? parseFieldSelector(text) : []
    if (terms.length > 0) checkFields(terms, resource.strategy.selectableFieldNames)
    return terms
  } catch (error) {
    if (error instanceof FieldSelectorError) throw badRequest(error.message)
    throw error
  }
}
