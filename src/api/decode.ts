// Request bodies -> objects: JSON, YAML or protobuf, checked against the kind that is expected,
// with upstream's words for whatever is wrong. In: bytes. Out: an object in its kind's form, warnings.

import { type ConformOptions, conform } from './conform.ts'
import { ConformError } from './conform-error.ts'
import { type Draft, isDraft } from './draft.ts'
import { hasRepeatedKeys, jsonSyntaxProblem, parseJson } from './json-text.ts'
import { apiVersionOf, kinds } from './kinds.ts'
import { definitionOf } from './schema.ts'
import { StatusError } from './status-error.ts'
import { problemsInOrder } from './strict-problems.ts'
import { readYaml, YamlSyntaxError } from './yaml-text.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

/** What the endpoint expects; `def` is absent for custom resources, whose schema is elsewhere. */
export interface DecodeTarget {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly def?: string
  /** In place of a definition: brings an object into its form, returns what it did not know. */
  readonly conform?: (object: Draft) => readonly string[]
}

export interface Decoded {
  readonly object: Draft
  /** For the Warning header, without the 299 and the quotes. */
  readonly warnings: readonly string[]
}

/** A protobuf body's way to JSON, envelope and all; see protobuf-reader.ts. */
export type ProtobufReader = (bytes: Uint8Array) => Draft

export interface DecodeOptions {
  readonly fieldValidation?: FieldValidation
  /** Part of an object, for an apply: it is read, and not brought into any form; see conformPart. */
  readonly isPartial?: boolean
  /** Without it protobuf bodies are an unsupported media type. */
  readonly readProtobuf?: ProtobufReader
}

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** Throws StatusError BadRequest or UnsupportedMediaType. */
export function decodeBody(
  target: DecodeTarget,
  bytes: Uint8Array,
  contentType: string | undefined,
  options: DecodeOptions = {},
): Decoded {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json'
  if (mediaType === 'application/json') return decodeJson(target, textOf(bytes), options)
  if (mediaType === 'application/yaml') return decodeYaml(target, textOf(bytes), options)
  if (mediaType === 'application/vnd.kubernetes.protobuf' && options.readProtobuf) {
    return { object: decodeProtobuf(target, bytes, options.readProtobuf), warnings: [] }
  }
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** Protobuf has no names of fields, so there is nothing to be strict about. */
function decodeProtobuf(target: DecodeTarget, bytes: Uint8Array, read: ProtobufReader): Draft {
  return finish(target, openProtobuf(target, bytes, read)).object
}

function openProtobuf(target: DecodeTarget, bytes: Uint8Array, read: ProtobufReader): Draft {
  try {
    return read(bytes)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw unrecognized(target, error.message, bytes)
  }
}

/** An object made by a patch or by the server itself, brought into its kind's form. */
export function conformObject(
  target: DecodeTarget,
  object: Draft,
  fieldValidation: FieldValidation = 'Ignore',
): Decoded {
  const { unknown } = finish(target, object)
  return report(object, unknown.map(unknownField), fieldValidation)
}

/** Values of a part of an object, in the form that the kind gives them; nothing is added or lost. */
export function conformPart(target: DecodeTarget, part: Draft): void {
  if (target.def) finish(target, part, { isPartial: true })
}

const decoder = new TextDecoder()

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

function decodeJson(target: DecodeTarget, text: string, options: DecodeOptions): Decoded {
  const { fieldValidation: validation = 'Ignore' } = options
  const parsed = readJson(target, text)
  const mayRepeat = validation !== 'Ignore' && hasRepeatedKeys(text, parsed)
  const { object, unknown } = finishRead(target, objectOf(target, parsed, text), options)
  const problems = mayRepeat ? problemsInOrder(text, target.def) : []
  if (!mayRepeat || target.conform) problems.push(...unknown.map(unknownField))
  return report(object, problems, validation)
}

function readJson(target: DecodeTarget, text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    const problem = `couldn't get version/kind; json parse error: ${jsonSyntaxProblem(text)}`
    throw unrecognized(target, problem, text)
  }
}

function decodeYaml(target: DecodeTarget, text: string, options: DecodeOptions): Decoded {
  const { fieldValidation: validation = 'Ignore' } = options
  try {
    const { value, repeated } = readYaml(text)
    const { object, unknown } = finishRead(target, objectOf(target, value, text), options)
    return reportYaml(object, repeated, unknown.map(unknownField), validation)
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw unrecognized(target, error.message, text)
    throw error
  }
}

function reportYaml(
  object: Draft,
  repeated: readonly string[],
  unknown: readonly string[],
  validation: FieldValidation,
): Decoded {
  if (validation !== 'Strict' || repeated.length === 0) {
    return report(object, [...repeated, ...unknown], validation)
  }
  const lines = repeated.map((line) => `\n  ${line}`).join('')
  return report(object, [`yaml: unmarshal errors:${lines}`, ...unknown], validation)
}

function report(object: Draft, problems: readonly string[], validation: FieldValidation): Decoded {
  if (problems.length === 0 || validation === 'Ignore') return { object, warnings: [] }
  if (validation === 'Warn') return { object, warnings: problems }
  const { apiVersion, kind } = object
  const version = String(apiVersion).split('/').at(-1)
  throw new StatusError(
    'BadRequest',
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`,
  )
}

function unknownField(path: string): string {
  return `unknown field "${path}"`
}

/** A list or a bare value is never an object of a kind. */
function objectOf(target: DecodeTarget, parsed: unknown, text: string): Draft {
  if (isDraft(parsed)) {
    const wrong = nameProblem(parsed)
    if (wrong) throw unrecognized(target, wrong, text)
    return parsed
  }
  const found = jsonType(parsed)
  const problem = `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  throw unrecognized(target, problem, text)
}

/** What is wrong with a version or kind that is no text. */
function nameProblem(object: Draft): string | undefined {
  for (const name of ['apiVersion', 'kind']) {
    const value = object[name] ?? ''
    if (typeof value === 'string') continue
    return `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go struct field .${name} of type string`
  }
  return undefined
}

/** As Go's decoder names it. */
function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

interface Finished {
  readonly object: Draft
  readonly unknown: readonly string[]
}

function finishRead(target: DecodeTarget, object: Draft, { isPartial }: DecodeOptions): Finished {
  if (!isPartial) return finish(target, object)
  checkType(target, object)
  return { object, unknown: [] }
}

/** Checks version and kind against what the endpoint serves, then the fields. */
function finish(target: DecodeTarget, object: Draft, options: ConformOptions = {}): Finished {
  const found = checkType(target, object)
  try {
    return { object, unknown: [...conformTo(target, object, options)] }
  } catch (error) {
    if (error instanceof ConformError) throw cannotHandle(target, found, error.message)
    throw error
  }
}

/** Returns places of unknown fields. Throws ConformError. */
export function conformTo(
  { def, conform: shape }: DecodeTarget,
  object: Draft,
  options: ConformOptions = {},
): readonly string[] {
  return shape?.(object) ?? (def ? conform(def, object, options) : [])
}

/** Fills in a missing version or kind; throws where another one is named. */
function checkType(target: DecodeTarget, object: Draft): Found {
  const expected = apiVersionOf(target)
  object['apiVersion'] ||= expected
  object['kind'] ||= target.kind
  const problem = nameProblem(object)
  if (problem) throw new StatusError('BadRequest', problem)
  const found = { apiVersion: String(object['apiVersion']), kind: String(object['kind']) }
  const isEverywhere = Boolean(target.def) && definitionOf(target.def ?? '').gvk === 'all'
  if (isEverywhere && found.kind === target.kind) return found
  // The kind of a custom resource is checked with the rest of it.
  const isWrong = found.kind !== target.kind || groupOf(found.apiVersion) !== target.group
  if (isWrong && !target.conform) {
    throw wrongKind(target, found, expected)
  }
  if (found.apiVersion !== expected) throw wrongVersion(found.apiVersion, expected)
  return found
}

interface Found {
  readonly apiVersion: string
  readonly kind: string
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

function wrongKind(target: DecodeTarget, found: Found, expected: string): StatusError {
  const entry = kinds.find(
    (each) => each.kind === found.kind && apiVersionOf(each) === found.apiVersion,
  )
  if (!entry) {
    const scheme = 'pkg/api/legacyscheme/scheme.go:30'
    const problem = `no kind "${found.kind}" is registered for version "${found.apiVersion}" in scheme "${scheme}"`
    return cannotHandle(target, found, problem)
  }
  if (found.kind === target.kind) return wrongVersion(found.apiVersion, expected)
  const versionName = found.apiVersion.split('/').at(-1)
  const internal = `${target.group.split('.')[0] || 'core'}.${target.kind}`
  const problem = `converting (${versionName}.${found.kind}) to (${internal}): unknown conversion`
  return cannotHandle(target, found, problem)
}

function wrongVersion(found: string, expected: string): StatusError {
  return new StatusError(
    'BadRequest',
    `the API version in the data (${found}) does not match the expected API version (${expected})`,
  )
}

function cannotHandle(target: DecodeTarget, found: Found, problem: string): StatusError {
  const version = found.apiVersion.split('/').at(-1)
  return new StatusError(
    'BadRequest',
    `${found.kind} in version "${version}" cannot be handled as a ${target.kind}: ${problem}`,
  )
}

function unrecognized(
  target: DecodeTarget,
  problem: string,
  body: string | Uint8Array,
): StatusError {
  return new StatusError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${target.kind}): ${problem} (${summaryOf(body)})`,
  )
}

const summaryLength = 30

function summaryOf(body: string | Uint8Array): string {
  const bytes = Buffer.from(body)
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, summaryLength)
  const shown = bytes[0] === 0x7b ? start.toString() : start.toString('hex')
  return bytes.length > summaryLength ? `${shown} ...` : shown
}
