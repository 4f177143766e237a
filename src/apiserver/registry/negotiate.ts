// What form of answer a client accepts: media type and, if asked, a Table or metadata alone.

import type { ServerRequest } from '../request.ts'
import { notAcceptable, unsupportedMediaType } from './errors.ts'

export type MediaType =
  | 'application/json'
  | 'application/yaml'
  | 'application/vnd.kubernetes.protobuf'

export type Transform = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export interface AnswerForm {
  readonly mediaType: MediaType
  readonly transform: Transform | undefined
  /** Version of group meta.k8s.io for the transform. */
  readonly metaVersion: 'v1' | 'v1beta1'
  readonly isPretty: boolean
}

const json = 'application/json'
const yaml = 'application/yaml'
const protobuf = 'application/vnd.kubernetes.protobuf'
const offered: readonly MediaType[] = [json, yaml, protobuf]
const transforms = new Set<string>(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])

export const plainForm: AnswerForm = {
  mediaType: json,
  transform: undefined,
  metaVersion: 'v1',
  isPretty: false,
}

export interface Restrictions {
  /** False for kinds without protobuf messages: custom resources. */
  readonly hasProtobuf: boolean
  /** Watches are not served as YAML. */
  readonly isStream?: boolean
  /** What is not stored is neither a row of a Table nor metadata alone. */
  readonly isWhole?: boolean
}

/** The best form for `request`; throws NotAcceptable. */
export function answerForm(request: ServerRequest, restrictions: Restrictions): AnswerForm {
  const accept = textHeader(request, 'accept')
  const isPretty = wantsPretty(request)
  if (accept === '' || accept === json || accept === '*/*') {
    return isPretty ? { ...plainForm, isPretty } : plainForm
  }
  for (const clause of acceptClauses(accept)) {
    for (const mediaType of offered) {
      const form = matches(clause.range, mediaType) && formOf(clause, mediaType, restrictions)
      if (form) return isPretty ? { ...form, isPretty } : form
    }
  }
  const suffix = restrictions.isStream ? ';stream=watch' : ''
  throw notAcceptable(
    offered
      .filter((mediaType) => mediaType !== protobuf || restrictions.hasProtobuf)
      .filter((mediaType) => mediaType !== yaml || !restrictions.isStream)
      .map((mediaType) => mediaType + suffix),
  )
}

/** The media type of the request's body; throws UnsupportedMediaType. */
export function bodyMediaType(
  request: ServerRequest,
  { hasProtobuf }: { readonly hasProtobuf: boolean },
): MediaType {
  const accepted = offered.filter((mediaType) => mediaType !== protobuf || hasProtobuf)
  const sent = textHeader(request, 'content-type').split(';')[0]?.trim().toLowerCase() ?? ''
  const found = sent === '' ? json : accepted.find((mediaType) => mediaType === sent)
  if (!found) throw unsupportedMediaType(accepted)
  return found
}

export function textHeader({ headers }: ServerRequest, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.join(',') ?? '')
}

interface Clause {
  readonly range: string
  readonly quality: number
  readonly parameters: ReadonlyMap<string, string>
}

/** Clauses of an Accept header, most wanted first. */
function acceptClauses(accept: string): readonly Clause[] {
  return accept
    .split(',')
    .map((text): Clause => {
      const [range = '', ...rest] = text.split(';').map((part) => part.trim())
      const parameters = new Map(
        rest.map((part): [string, string] => {
          const [name = '', value = ''] = part.split('=')
          return [name, value]
        }),
      )
      return { range, parameters, quality: Number(parameters.get('q') ?? 1) }
    })
    .sort((left, right) => right.quality - left.quality || wildness(left) - wildness(right))
}

/** More specific ranges go first among equals. */
function wildness({ range }: Clause): number {
  return range === '*/*' ? 2 : range.endsWith('/*') ? 1 : 0
}

function matches(range: string, mediaType: MediaType): boolean {
  return range === mediaType || range === '*/*' || range === 'application/*'
}

function formOf(
  { parameters }: Clause,
  mediaType: MediaType,
  { hasProtobuf, isStream, isWhole }: Restrictions,
): AnswerForm | undefined {
  const stream = parameters.get('stream')
  if (stream && stream !== 'watch') return undefined
  const isPretty = parameters.get('pretty') === '1'
  const isConversion = parameters.has('as') || parameters.has('g') || parameters.has('v')
  if (!isConversion) {
    if (mediaType === protobuf && !hasProtobuf) return undefined
    if (mediaType === yaml && isStream) return undefined
    return { ...plainForm, mediaType, isPretty }
  }
  if (isWhole) return undefined
  const as = parameters.get('as') ?? ''
  const metaVersion = parameters.get('v')
  if (!isTransform(as) || parameters.get('g') !== 'meta.k8s.io') return undefined
  if (metaVersion !== 'v1' && metaVersion !== 'v1beta1') return undefined
  if (as === 'Table' && mediaType === protobuf) return undefined
  return { mediaType, transform: as, metaVersion, isPretty }
}

function isTransform(text: string): text is Transform {
  return transforms.has(text)
}

/** People get indented JSON: by ?pretty, or because browsers, curl and wget are theirs. */
/** Asked for, or a person is looking: curl and browsers. */
export function wantsPretty(request: ServerRequest): boolean {
  const pretty = request.query.size > 0 ? request.query.get('pretty') : null
  if (pretty) return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(pretty)
  return /^(curl|Wget|Mozilla\/5\.0)/.test(textHeader(request, 'user-agent'))
}
