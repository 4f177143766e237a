// What is wrong with a CustomResourceDefinition: its group, names, versions, conversion, and with
// each version's columns, subresources and selectable fields. Words: upstream's validation.

import type { DraftOf } from '../draft.ts'
import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from '../types.gen.ts'
import { choiceErrors, each, when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { immutableErrors } from '../validation/metadata.ts'
import { dns1035Problems, dnsSubdomainProblems } from '../validation/names.ts'
import { versionErrors } from './version-errors.ts'

export type Definition = DraftOf<CustomResourceDefinition>
type Spec = DraftOf<CustomResourceDefinitionSpec>
type Names = DraftOf<CustomResourceDefinitionNames>

/** `previous` is what an update changes. */
export function definitionErrors(definition: Definition, previous?: Definition): FieldError[] {
  const { metadata, spec = {}, status } = definition
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
  const { name = '' } = metadata ?? {}
  const detail = 'must be spec.names.plural+"."+spec.group'
  return [
    ...when(name !== wanted, invalid('metadata.name', name, detail)),
    ...specErrors(spec, previous?.spec),
    ...namesErrors(status?.acceptedNames ?? {}, 'status.acceptedNames'),
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

export function definitionUpdateErrors(next: Definition, previous: Definition): FieldError[] {
  const { spec = {} } = next
  const { spec: before = {} } = previous
  const isEstablished = previous.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  )
  const hadUnknown = before.preserveUnknownFields === true
  return [
    ...definitionErrors(next, previous).filter(
      ({ field }) => !(hadUnknown && field === 'spec.preserveUnknownFields'),
    ),
    ...(isEstablished
      ? [
          ...immutableErrors(spec.scope, before.scope, 'spec.scope'),
          ...immutableErrors(spec.names?.kind, before.names?.kind, 'spec.names.kind'),
        ]
      : []),
    ...immutableErrors(spec.group, before.group, 'spec.group'),
    ...immutableErrors(spec.names?.plural, before.names?.plural, 'spec.names.plural'),
  ]
}

function specErrors(spec: Spec, previous: Spec | undefined): FieldError[] {
  const { names = {} } = spec
  const nameFields = ['plural', 'singular', 'kind', 'listKind'] as const
  return [
    ...groupErrors(spec.group ?? ''),
    ...choiceErrors(spec.scope, 'spec.scope', ['Cluster', 'Namespaced']),
    ...versionsErrors(spec, previous),
    ...nameFields.filter((name) => !names[name]).map((name) => required(`spec.names.${name}`)),
    ...namesErrors(names, 'spec.names'),
    ...conversionErrors(spec.conversion, spec.preserveUnknownFields === true),
  ]
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const problems = dnsSubdomainProblems(group)
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))]
  const detail = 'should be a domain with at least one dot'
  return when(!group.includes('.'), invalid('spec.group', group, detail))
}

function versionsErrors({ versions = [] }: Spec, previous: Spec | undefined): FieldError[] {
  const names = versions.map(({ name }) => name)
  const path = 'spec.versions'
  const one = 'must have exactly one version marked as storage version'
  return [
    ...each(versions, path, ({ schema }, place) =>
      when(!schema?.openAPIV3Schema, required(child(place, 'schema.openAPIV3Schema'))),
    ),
    ...each(versions, path, (version, place) => {
      const before = previous?.versions?.find(({ name }) => name === version.name)
      return versionErrors(version, place, before)
    }),
    ...when(
      new Set(names).size < names.length,
      invalid(path, versions, 'must contain unique version names'),
    ),
    ...when(versions.filter(({ storage }) => storage).length !== 1, invalid(path, versions, one)),
  ]
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
  const kept = versions.find(({ storage }) => storage)?.name
  return [
    ...when(
      kept !== undefined && !stored.includes(kept),
      invalid(path, stored, `must have the storage version ${kept}`),
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

const reviewVersions = ['v1', 'v1beta1']

function conversionErrors(
  conversion: DraftOf<CustomResourceConversion> | undefined,
  preservesUnknown: boolean,
): FieldError[] {
  if (!conversion) return []
  const path = 'spec.conversion'
  const { strategy, webhook } = conversion
  const clientPath = child(path, 'webhookClientConfig')
  return [
    ...when(
      strategy !== 'None' && preservesUnknown,
      invalid(
        child(path, 'strategy'),
        strategy,
        'must be None if spec.preserveUnknownFields is true',
      ),
    ),
    ...choiceErrors(strategy, child(path, 'strategy'), ['None', 'Webhook']),
    ...(strategy === 'Webhook'
      ? webhookErrors(webhook ?? {}, path)
      : [
          ...when(
            webhook?.clientConfig,
            forbidden(clientPath, 'should not be set when strategy is not set to Webhook'),
          ),
          ...when(
            webhook?.conversionReviewVersions?.length,
            forbidden(
              child(path, 'conversionReviewVersions'),
              'should not be set when strategy is not set to Webhook',
            ),
          ),
        ]),
  ]
}

type Webhook = NonNullable<DraftOf<CustomResourceConversion>['webhook']>

function webhookErrors({ clientConfig, conversionReviewVersions = [] }: Webhook, path: string) {
  const clientPath = child(path, 'webhookClientConfig')
  const reviewPath = child(path, 'conversionReviewVersions')
  const isBoth = (clientConfig?.url === undefined) === (clientConfig?.service === undefined)
  const hasKnown = conversionReviewVersions.some((version) => reviewVersions.includes(version))
  return [
    ...when(!clientConfig, required(clientPath, 'required when strategy is set to Webhook')),
    ...when(
      clientConfig && isBoth,
      required(clientPath, 'exactly one of url or service is required'),
    ),
    ...when(conversionReviewVersions.length === 0, required(reviewPath)),
    ...when(
      conversionReviewVersions.length > 0 && !hasKnown,
      invalid(
        reviewPath,
        conversionReviewVersions,
        `must include at least one of ${reviewVersions.join(', ')}`,
      ),
    ),
  ]
}
