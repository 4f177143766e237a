// ConversionReview: what a conversion webhook is asked, and what of its answer is taken. Pure.
// Words: upstream's webhook converter.

import { copyOf, type Draft, isDraft, setOwn } from '../../api/draft.ts'
import { errorBody, type FieldError } from '../../api/field-error.ts'
import { annotationsErrors, labelsErrors } from '../../api/validation/metadata.ts'

/** Why an answer is no good: follows `conversion webhook for GROUP/VERSION, Kind=KIND `. */
export class ConversionFailure extends Error {}

const known = ['v1', 'v1beta1']

export interface ReviewRequest {
  readonly uid: string
  readonly desiredApiVersion: string
  /** Each as JSON. */
  readonly objects: readonly string[]
}

/** In the first version of the review that both sides know; undefined where there is none. */
export function reviewVersion(offered: readonly string[]): string | undefined {
  const version = offered.find((each) => known.includes(each))
  return version && `apiextensions.k8s.io/${version}`
}

export function reviewText(apiVersion: string, request: ReviewRequest): string {
  const { uid, desiredApiVersion, objects } = request
  const asked = `"uid":"${uid}","desiredAPIVersion":"${desiredApiVersion}"`
  return `{"kind":"ConversionReview","apiVersion":"${apiVersion}","request":{${asked},"objects":[${objects.join()}]}}`
}

export interface Expected {
  readonly uid: string
  /** Of the review. */
  readonly apiVersion: string
  readonly desiredApiVersion: string
  readonly originals: readonly Draft[]
}

/** The objects of an answer, with the metadata that they had but labels and annotations. */
export function convertedObjects(text: string, expected: Expected): Draft[] {
  const converted = objectsOf(text, expected)
  const { originals } = expected
  if (converted.length !== originals.length) {
    const why = `returned ${converted.length} objects, expected ${originals.length}`
    throw new ConversionFailure(why)
  }
  return originals.map((original, index) => {
    const object = converted[index]
    if (!isDraft(object)) throw new ConversionFailure('returned invalid object: not an object')
    assertSame(object, original, expected)
    return restored(object, original)
  })
}

function failed(why: string): ConversionFailure {
  return new ConversionFailure(`failed: ${why}`)
}

function objectsOf(text: string, { uid, apiVersion }: Expected): readonly unknown[] {
  const review = parsed(text)
  const isStrict = apiVersion.endsWith('/v1')
  const { kind, apiVersion: found } = review
  if (isStrict && (kind !== 'ConversionReview' || found !== apiVersion)) {
    throw failed(
      `expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${found}, Kind=${kind}`,
    )
  }
  const { response } = review
  if (!isDraft(response)) throw failed('no response provided')
  if (isStrict && response['uid'] !== uid) {
    const got = JSON.stringify(response['uid'] ?? '')
    throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${got}`)
  }
  const result = isDraft(response['result']) ? response['result'] : {}
  const { status = '', message } = result
  if (status !== 'Success') {
    throw failed(
      typeof message === 'string' && message !== ''
        ? message
        : `response.result.status was '${status}', not 'Success'`,
    )
  }
  return Array.isArray(response['convertedObjects']) ? response['convertedObjects'] : []
}

function parsed(text: string): Draft {
  try {
    const value: unknown = JSON.parse(text)
    if (isDraft(value)) return value
  } catch {
    // Told below, as any other text that is no object.
  }
  throw failed("couldn't get version/kind; json parse error: invalid JSON")
}

/** Upstream converts object by object, so each is at index 0. */
function assertSame(object: Draft, original: Draft, { desiredApiVersion }: Expected): void {
  const { apiVersion, kind } = object
  const start = 'returned invalid object at index 0: invalid'
  if (apiVersion !== desiredApiVersion) {
    const why = `groupVersion (expected ${desiredApiVersion}, received ${apiVersion})`
    throw new ConversionFailure(`${start} ${why}`)
  }
  if (kind !== original['kind']) {
    const why = `kind (expected ${original['kind']}, received ${kind})`
    throw new ConversionFailure(`${start} ${why}`)
  }
  const from = metadataOf(original)
  const to = metadataOf(object)
  for (const [field, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const before = from[field] ?? ''
    const after = to[field] ?? ''
    if (before === after) continue
    const why = `must have the same ${name}: ${before} != ${after}`
    throw new ConversionFailure(`returned invalid object: ${why}`)
  }
}

function metadataOf({ metadata }: Draft): Draft {
  return isDraft(metadata) ? metadata : {}
}

const changeable = [
  { field: 'labels', errorsOf: labelsErrors, path: 'metadata.labels' },
  { field: 'annotations', errorsOf: annotationsErrors, path: 'metadata.annotation' },
] as const

function restored(object: Draft, original: Draft): Draft {
  const { metadata } = object
  const wrong = (why: string) => new ConversionFailure(`returned invalid metadata: ${why}`)
  if (metadata === undefined) throw wrong('missing metadata in converted object')
  if (!isDraft(metadata)) {
    throw wrong(`invalid metadata of type ${goType(metadata)} in converted object`)
  }
  const kept = copyOf(metadataOf(original))
  for (const { field, errorsOf, path } of changeable) {
    const given = metadata[field]
    delete kept[field]
    if (given === undefined || given === null) continue
    if (!isDraft(given)) {
      throw wrong(`invalid metadata.${field} of type ${goType(given)} in converted object`)
    }
    const texts: Record<string, string> = {}
    for (const [key, value] of Object.entries(given)) {
      if (typeof value !== 'string') {
        const type = goType(value)
        throw wrong(
          `metadata.${field}[${key}] must be a string, but is ${type} in converted object`,
        )
      }
      setOwn(texts, key, value)
    }
    const errors = errorsOf(texts, path)
    if (errors.length > 0) throw wrong(aggregate(errors))
    kept[field] = texts
  }
  object['metadata'] = kept
  return object
}

function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = errors.map((error) => `${error.field}: ${errorBody(error)}`)
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
}
