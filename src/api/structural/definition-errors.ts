// What is wrong with a CustomResourceDefinition: its group, names, versions, conversion, and with
// each version's columns, subresources and selectable fields. Words: upstream's validation.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from '../types.gen.ts'
import { choiceErrors, each, when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { immutableErrors } from '../validation/metadata.ts'
import { dns1035Problems, dnsSubdomainProblems } from '../validation/names.ts'
import { conversionErrors, isBundle } from './conversion-errors.ts'
import { partErrors, type SharedPart, sharedParts, versionErrors } from './version-errors.ts'

export type Definition = DraftOf<CustomResourceDefinition>
type Spec = DraftOf<CustomResourceDefinitionSpec>
type Names = DraftOf<CustomResourceDefinitionNames>

/** `previous` is what an update changes. */
export function definitionErrors(definition: Definition, previous?: Definition): FieldError[] {
  const { spec = {} } = definition
  return [
    ...(previous ? [] : nameErrors(definition)),
    ...specErrors(spec, previous),
    ...acceptedNamesErrors(definition),
    ...storedVersionErrors(definition),
    ...when(
      spec.preserveUnknownFields,
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    ),
  ]
}

/** Neither the name nor what it is made of can change. */
function nameErrors({ metadata, spec }: Definition): FieldError[] {
  const wanted = `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`
  const { name = '' } = metadata ?? {}
  const detail = 'must be spec.names.plural+"."+spec.group'
  return when(name !== wanted, invalid('metadata.name', name, detail))
}

export function definitionUpdateErrors(next: Definition, previous: Definition): FieldError[] {
  const { spec = {} } = next
  const { spec: before = {} } = previous
  const hadUnknown = before.preserveUnknownFields === true
  return [
    ...definitionErrors(next, previous).filter(
      ({ field }) => !(hadUnknown && field === 'spec.preserveUnknownFields'),
    ),
    ...(isEstablished(previous)
      ? [
          ...immutableErrors(spec.scope, before.scope, 'spec.scope'),
          ...immutableErrors(spec.names?.kind, before.names?.kind, 'spec.names.kind'),
        ]
      : []),
    ...immutableErrors(spec.group, before.group, 'spec.group'),
    ...immutableErrors(spec.names?.plural, before.names?.plural, 'spec.names.plural'),
  ]
}

function isEstablished(definition: Definition | undefined): boolean {
  const conditions = definition?.status?.conditions ?? []
  return conditions.some(({ type, status }) => type === 'Established' && status === 'True')
}

/** One that was wrong already may stay so. */
function hadSoundBundle(definition: Definition | undefined): boolean {
  const caBundle = definition?.spec?.conversion?.webhook?.clientConfig?.caBundle
  return !caBundle || isBundle(caBundle)
}

function specErrors(spec: Spec, previous: Definition | undefined): FieldError[] {
  const { names = {} } = spec
  const nameFields = ['plural', 'singular', 'kind', 'listKind'] as const
  return [
    ...groupErrors(spec.group ?? ''),
    ...choiceErrors(spec.scope, 'spec.scope', ['Cluster', 'Namespaced']),
    ...versionsErrors(spec, previous?.spec),
    ...nameFields.filter((name) => !names[name]).map((name) => required(`spec.names.${name}`)),
    ...namesErrors(names, 'spec.names'),
    ...sharedErrors(spec, previous?.spec),
    ...conversionErrors(spec.conversion, {
      preservesUnknown: spec.preserveUnknownFields === true,
      needsSoundBundle: isEstablished(previous) && hadSoundBundle(previous),
    }),
  ]
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const problems = dnsSubdomainProblems(group)
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))]
  const detail = 'should be a domain with at least one dot'
  return when(!group.includes('.'), invalid('spec.group', group, detail))
}

function versionsErrors(spec: Spec, previous: Spec | undefined): FieldError[] {
  const versions = spec.versions ?? []
  const names = versions.map(({ name }) => name)
  const path = 'spec.versions'
  const one = 'must have exactly one version marked as storage version'
  const parts = new Set(sharedParts).difference(partsAlike(versions))
  return [
    ...each(versions, path, ({ schema }, place) =>
      when(!schema?.openAPIV3Schema, required(child(place, 'schema.openAPIV3Schema'))),
    ),
    ...each(versions, path, (version, place) => {
      const { subresources } = version
      const hasStatus = subresources?.status !== undefined
      const isUnchanged = isSchemaUnchanged(version, previous)
      return versionErrors(version, place, { parts, hasStatus, isUnchanged })
    }),
    ...when(
      new Set(names).size < names.length,
      invalid(path, versions, 'must contain unique version names'),
    ),
    ...when(versions.filter(({ storage }) => storage).length !== 1, invalid(path, versions, one)),
  ]
}

type Version = NonNullable<Spec['versions']>[number]

/** What all versions have alike. */
function partsAlike([first, ...rest]: readonly Version[]): ReadonlySet<SharedPart> {
  if (!first) return new Set()
  return new Set(
    sharedParts.filter((part) =>
      rest.every((version) => isSameMeaning(version[part], first[part])),
    ),
  )
}

/** Of what all versions have alike upstream speaks at the top of the spec. */
function sharedErrors(spec: Spec, previous: Spec | undefined): FieldError[] {
  const versions = spec.versions ?? []
  const [first] = versions
  if (!first) return []
  return partErrors(first, {
    path: 'spec',
    schemaName: 'validation',
    parts: partsAlike(versions),
    hasStatus: versions.some(({ subresources }) => subresources?.status !== undefined),
    isUnchanged: isSchemaUnchanged(first, previous),
  })
}

function isSchemaUnchanged({ name, schema }: Version, previous: Spec | undefined): boolean {
  const before = previous?.versions?.find((version) => version.name === name)
  return before !== undefined && isSameMeaning(before.schema, schema)
}

/** All that is checked of a status. */
export function acceptedNamesErrors({ status }: Definition): FieldError[] {
  return namesErrors(status?.acceptedNames ?? {}, 'status.acceptedNames')
}

function namesErrors(names: Names, path: string): FieldError[] {
  const { kind = '', listKind = '', shortNames, categories } = names
  const label = (text: string, place: string) => {
    const problems = text === '' ? [] : dns1035Problems(text)
    return when(problems.length > 0, invalid(place, text, problems.join(',')))
  }
  const mixed = (text: string, place: string) => {
    const problems = text === '' ? [] : dns1035Problems(text.toLowerCase())
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`
    return when(problems.length > 0, invalid(place, text, detail))
  }
  return [
    ...label(names.plural ?? '', child(path, 'plural')),
    ...label(names.singular ?? '', child(path, 'singular')),
    ...mixed(kind, child(path, 'kind')),
    ...mixed(listKind, child(path, 'listKind')),
    ...each(shortNames, child(path, 'shortNames'), label),
    ...when(
      kind !== '' && kind === listKind,
      invalid(child(path, 'listKind'), listKind, 'kind and listKind may not be the same'),
    ),
    ...each(categories, child(path, 'categories'), label),
  ]
}

function storedVersionErrors({ spec, status }: Definition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')]
  const versions = spec?.versions ?? []
  const kept = versions.filter(({ storage }) => storage).map(({ name = '' }) => name)
  return [
    ...kept.flatMap((name) =>
      when(!stored.includes(name), invalid(path, stored, `must have the storage version ${name}`)),
    ),
    ...stored.flatMap((version, index) =>
      when(
        !versions.some(({ name }) => name === version),
        invalid(
          at(path, index),
          version,
          `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
        ),
      ),
    ),
  ]
}
