// A request's query as options: list, watch and write options, checked by upstream's rules.

import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  toInvalid,
  tooLong,
} from '../../api/field-error.ts'
import { badRequest } from './errors.ts'

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  /** As sent; '' when absent. */
  readonly resourceVersion: string
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan'
  /** 0: no limit. */
  readonly limit: number
  readonly continue: string
}

export interface WatchRequestOptions extends ListOptions {
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteOptions {
  readonly isDryRun: boolean
  /** '' when absent. */
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
  /** Only for server-side apply. */
  readonly force: boolean | undefined
}

const supportedMatches = ['Exact', 'NotOlderThan', '']

export function listOptions(query: URLSearchParams): ListOptions {
  if (query.size === 0) return emptyListOptions
  const options = readListOptions(query)
  assertOptions('ListOptions', [
    ...matchErrors(options),
    ...(query.has('sendInitialEvents')
      ? [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
      : []),
  ])
  return options
}

export function watchOptions(query: URLSearchParams): WatchRequestOptions {
  const options = readListOptions(query)
  const { resourceVersion, resourceVersionMatch: match } = options
  const asked = query.has('sendInitialEvents') ? isTrue(query, 'sendInitialEvents') : undefined
  assertOptions('ListOptions', watchErrors(options, asked))
  const isLegacy = resourceVersion === '' || resourceVersion === '0'
  return {
    ...options,
    timeoutSeconds: query.has('timeoutSeconds') ? wholeNumber(query, 'timeoutSeconds') : undefined,
    allowWatchBookmarks: isTrue(query, 'allowWatchBookmarks'),
    sendInitialEvents: asked ?? (match === '' && isLegacy),
  }
}

export function writeOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  patch?: 'apply' | 'other',
): WriteOptions {
  if (query.size === 0 && patch !== 'apply') return emptyWriteOptions
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  assertOptions(kind, [
    ...(patch === 'apply' && !fieldManager
      ? [required('fieldManager', 'is required for apply patch')]
      : []),
    ...(patch === 'other' && query.has('force')
      ? [forbidden('force', 'may not be specified for non-apply patch')]
      : []),
    ...fieldManagerErrors(fieldManager),
    ...dryRunErrors(dryRun),
    ...(isFieldValidation(fieldValidation) || fieldValidation === ''
      ? []
      : [notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])]),
  ])
  return {
    isDryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: isFieldValidation(fieldValidation) ? fieldValidation : 'Warn',
    force: query.has('force') ? isTrue(query, 'force') : undefined,
  }
}

/** Throws Invalid unless `errors` is empty. `kind` is that of the options. */
export function assertOptions(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw toInvalid({ group: 'meta.k8s.io', kind }, '', errors)
}

export function dryRunErrors(dryRun: readonly string[]): readonly FieldError[] {
  return dryRun.every((value) => value === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]
}

/** A resource version as a number; '' and absent are 0. */
export function parseRevision(text: string): number {
  if (text === '') return 0
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw badRequest(
    `invalid resource version: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}

const emptyListOptions: ListOptions = {
  labelSelector: '',
  fieldSelector: '',
  resourceVersion: '',
  resourceVersionMatch: '',
  limit: 0,
  continue: '',
}

const emptyWriteOptions: WriteOptions = {
  isDryRun: false,
  fieldManager: '',
  fieldValidation: 'Warn',
  force: undefined,
}

function readListOptions(query: URLSearchParams): ListOptions {
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: (query.get('resourceVersionMatch') ??
      '') as ListOptions['resourceVersionMatch'],
    limit: Math.max(0, wholeNumber(query, 'limit')),
    continue: query.get('continue') ?? '',
  }
}

function matchErrors(options: ListOptions): readonly FieldError[] {
  const { resourceVersion, resourceVersionMatch: match } = options
  if (match === '') return []
  const field = 'resourceVersionMatch'
  return [
    ...(resourceVersion === ''
      ? [forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
      : []),
    ...continueErrors(options),
    ...(supportedMatches.includes(match) ? [] : [notSupported(field, match, supportedMatches)]),
    ...(match === 'Exact' && resourceVersion === '0'
      ? [forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
      : []),
  ]
}

function watchErrors(options: ListOptions, asked: boolean | undefined): readonly FieldError[] {
  const field = 'resourceVersionMatch'
  const match = options.resourceVersionMatch
  return [
    ...(asked !== undefined && match !== 'NotOlderThan'
      ? [
          forbidden(
            field,
            'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
          ),
        ]
      : []),
    ...(match !== '' && asked === undefined
      ? [
          forbidden(
            field,
            'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
          ),
        ]
      : []),
    ...(match !== '' && match !== 'NotOlderThan'
      ? [notSupported(field, match, ['NotOlderThan'])]
      : []),
    ...(match !== '' ? continueErrors(options) : []),
  ]
}

function continueErrors(options: ListOptions): readonly FieldError[] {
  return options.continue === ''
    ? []
    : [
        forbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden when continue is provided',
        ),
      ]
}

function fieldManagerErrors(manager: string): readonly FieldError[] {
  if (manager.length > 128) return [tooLong('fieldManager', 128)]
  return [...manager].flatMap((character, position) =>
    /\p{C}/u.test(character)
      ? [
          invalid(
            'fieldManager',
            manager,
            `invalid character ${codePointText(character)} (at position ${position})`,
          ),
        ]
      : [],
  )
}

function codePointText(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function isFieldValidation(text: string): text is FieldValidation {
  return text === 'Ignore' || text === 'Warn' || text === 'Strict'
}

/** Go's rule for booleans in a query: present is true unless it says false or 0. */
function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}

function wholeNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name)
  if (text === null || text === '') return 0
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}
