// Codec: who asks, as an extension API server reads it from the headers of a front proxy.
//   X-Remote-User, X-Remote-Uid   one value each
//   X-Remote-Group                one header a group
//   X-Remote-Extra-KEY            one header a value; KEY percent-encoded where it is no token

import { headerOf, headersOf } from '../chain-request.ts'
import type { ServerRequest, UserInfo } from '../request.ts'
import type { ForwardedHeaders } from '../streaming/headers.ts'

export const userHeader = 'X-Remote-User'
export const uidHeader = 'X-Remote-Uid'
export const groupHeader = 'X-Remote-Group'
export const extraPrefix = 'X-Remote-Extra-'

export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): ForwardedHeaders {
  return {
    [userHeader]: headerText(name),
    ...(uid && { [uidHeader]: headerText(uid) }),
    ...(groups.length > 0 && { [groupHeader]: groups.map(headerText) }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `${extraPrefix}${encodedKey(key)}`,
        values.map(headerText),
      ]),
    ),
  }
}

/** Undefined where the front proxy says nothing of a user. */
export function identityOf(request: ServerRequest): UserInfo | undefined {
  const name = headerOf(request, userHeader.toLowerCase())
  if (!name) return undefined
  const uid = headerOf(request, uidHeader.toLowerCase())
  const extra = extraOf(request)
  return {
    name: plainText(name),
    ...(uid && { uid: plainText(uid) }),
    groups: listOf(request, groupHeader.toLowerCase()),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

function extraOf(request: ServerRequest): Record<string, readonly string[]> {
  const prefix = extraPrefix.toLowerCase()
  const extra: Record<string, readonly string[]> = {}
  for (const header in request.headers)
    if (header.startsWith(prefix))
      extra[decodedKey(header.slice(prefix.length))] = listOf(request, header)
  return extra
}

/** Node joins what was sent in several headers. */
function listOf(request: ServerRequest, header: string): readonly string[] {
  return headersOf(request, header)
    .flatMap((value) => value.split(', '))
    .filter((value) => value !== '')
    .map(plainText)
}

/** Headers travel as bytes, which Node reads and writes as Latin-1; names are UTF-8. */
function headerText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, ' ')
}

function plainText(value: string): string {
  return Buffer.from(value, 'latin1').toString()
}

function encodedKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      const isToken = /[a-zA-Z0-9!#$&'*+.^_`|~-]/.test(char)
      return isToken ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
