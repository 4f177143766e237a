// ConfigMaps and Secrets.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { all, type FieldError, forbidden, invalid, required, tooLong } from '../field-error.ts'
import type { ConfigMap, Secret } from '../types.gen.ts'
import { eachEntry, fixedErrors, formErrors } from './checks.ts'
import { at } from './field-path.ts'
import { configKeyProblems } from './names.ts'

const largestBytes = 1024 * 1024

type Data = Readonly<Record<string, string | undefined>> | null | undefined

export function configMapErrors({ data, binaryData }: DraftOf<ConfigMap>): FieldError[] {
  const size = textSize(data) + decodedSize(binaryData)
  return all(
    eachEntry(data, 'data', (key, _, place) =>
      all(
        keyErrors(key, place),
        binaryData?.[key] !== undefined
          ? [invalid(place, key, 'duplicate of key present in binaryData')]
          : [],
      ),
    ),
    eachEntry(binaryData, 'binaryData', (key, _, place) => keyErrors(key, place)),
    size > largestBytes ? [tooLong('', largestBytes)] : [],
  )
}

function keyErrors(key: string, path: string): FieldError[] {
  return formErrors(key, path, configKeyProblems)
}

function textSize(data: Data): number {
  return Object.values(data ?? {}).reduce((sum, text = '') => sum + Buffer.byteLength(text), 0)
}

function decodedSize(data: Data): number {
  return Object.values(data ?? {}).reduce(
    (sum, text = '') => sum + Buffer.byteLength(text, 'base64'),
    0,
  )
}

const lockedDetail = 'field is immutable when `immutable` is set'

/** What `immutable: true` locks. */
function lockErrors<T extends { immutable?: boolean | undefined }>(
  next: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!previous.immutable) return []
  return all(
    !next.immutable ? [forbidden('immutable', lockedDetail)] : [],
    fields.flatMap((field) =>
      !isSameMeaning(next[field], previous[field]) ? [forbidden(field, lockedDetail)] : [],
    ),
  )
}

export function configMapUpdateErrors(
  next: DraftOf<ConfigMap>,
  previous: DraftOf<ConfigMap>,
): FieldError[] {
  return lockErrors(next, previous, ['data', 'binaryData'])
}

export function secretErrors(secret: DraftOf<Secret>): FieldError[] {
  const { data } = secret
  return all(
    eachEntry(data, 'data', (key, _, place) => keyErrors(key, place)),
    decodedSize(data) > largestBytes ? [tooLong('data', largestBytes)] : [],
    typeErrors(secret),
  )
}

/** Some types promise certain keys. */
function typeErrors({ type, data, metadata }: DraftOf<Secret>): FieldError[] {
  const missing = (...keys: readonly string[]) =>
    keys.filter((key) => data?.[key] === undefined).map((key) => required(at('data', key)))
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name'
      return !metadata?.annotations?.[key] ? [required(at('metadata.annotations', key))] : []
    }
    case 'kubernetes.io/dockercfg':
      return all(missing('.dockercfg'), jsonErrors('.dockercfg', data))
    case 'kubernetes.io/dockerconfigjson':
      return all(missing('.dockerconfigjson'), jsonErrors('.dockerconfigjson', data))
    case 'kubernetes.io/basic-auth': {
      const errors = missing('username', 'password')
      return errors.length === 2 ? errors : []
    }
    case 'kubernetes.io/ssh-auth':
      return !data?.['ssh-privatekey'] ? [required(at('data', 'ssh-privatekey'))] : []
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function jsonErrors(key: string, data: Data): FieldError[] {
  const text = data?.[key]
  if (text === undefined) return []
  const problem = jsonProblem(Buffer.from(text, 'base64').toString())
  if (problem === undefined) return []
  return [invalid(at('data', key), '<secret contents redacted>', problem)]
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return text === '' ? 'unexpected end of JSON input' : 'invalid character in JSON'
  }
}

export function secretUpdateErrors(next: DraftOf<Secret>, previous: DraftOf<Secret>): FieldError[] {
  return all(fixedErrors(next.type, previous.type, 'type'), lockErrors(next, previous, ['data']))
}
