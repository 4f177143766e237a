// A registry as the distribution specification has it (v2): manifests and blobs of one
// repository, with whatever credentials it asks for.

import type { AuthConfig } from '../../../cri/cri.ts'
import { record, string } from '../image-config.ts'
import type { ImageReference } from '../reference.ts'
import { basicCredentials, type Challenge, parseChallenge, tokenUrl } from './challenge.ts'
import { type Dial, type HttpAnswer, type HttpRequest, sendRequest } from './http.ts'

export interface Repository {
  /** What the tag or digest stands for now; undefined where the registry doesn't say at once. */
  resolve(reference: string): Promise<string | undefined>
  manifest(reference: string): Promise<Buffer>
  blob(digest: string): Promise<AsyncIterable<Uint8Array>>
}

export class NotInRegistry extends Error {}

/** The server answered, but not with what was asked for. */
export class UnexpectedStatus extends Error {
  readonly status: number
  constructor({ method, url }: HttpRequest, { status, statusText }: HttpAnswer) {
    super(`unexpected status from ${method} request to ${url}: ${status} ${statusText}`)
    this.status = status
  }
}

export class AccessDenied extends Error {}

export const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
]

const mostManifestBytes = 8 * 1024 * 1024
const mostRedirects = 5

export interface RepositoryOptions {
  readonly reference: ImageReference
  readonly auth: AuthConfig | undefined
  readonly dial: Dial
}

export function openRepository({ reference, auth, dial }: RepositoryOptions): Repository {
  const base = `${serverOf(reference.domain)}/v2/${reference.path}`
  const scope = `repository:${reference.path}:pull`
  let authorization: Promise<string | undefined> = Promise.resolve(
    auth?.registryToken ? `Bearer ${auth.registryToken}` : undefined,
  )

  const send = async (
    method: 'GET' | 'HEAD',
    path: string,
    accept: string,
  ): Promise<HttpAnswer> => {
    const request = async (): Promise<HttpRequest> => {
      const value = await authorization
      const headers = { accept, ...(value !== undefined && { authorization: value }) }
      return { method, url: `${base}${path}`, headers }
    }
    const used = authorization
    const first = await request()
    const answer = await followed(dial, first)
    if (answer.status !== 401) return checked(first, answer)
    answer.body.resume()
    // Several at once are refused together; the first of them asks for a token.
    if (used === authorization) authorization = authorize(answer)
    const second = await request()
    return checked(second, await followed(dial, second))
  }

  const authorize = async (refusal: HttpAnswer): Promise<string | undefined> => {
    const challenge = parseChallenge(refusal.headers['www-authenticate'] ?? '')
    if (!challenge) return undefined
    const basic =
      auth?.username === undefined
        ? undefined
        : basicCredentials(auth.username, auth.password ?? '')
    if (challenge.scheme === 'bearer') return fetchToken(dial, { challenge, scope, basic })
    if (basic === undefined) throw new AccessDenied(denied('no basic auth credentials'))
    return basic
  }

  return {
    async resolve(name) {
      const { headers, body } = await send('HEAD', `/manifests/${name}`, manifestTypes.join(', '))
      body.resume()
      const digest = headers['docker-content-digest']
      return typeof digest === 'string' ? digest : undefined
    },
    async manifest(name) {
      const { body } = await send('GET', `/manifests/${name}`, manifestTypes.join(', '))
      return readAll(body)
    },
    async blob(digest) {
      const { body } = await send('GET', `/blobs/${digest}`, '*/*')
      return body
    },
  }
}

/** Docker Hub's registry is not at its name. Registries on the machine itself have no TLS. */
function serverOf(domain: string): string {
  if (domain === 'docker.io') return 'https://registry-1.docker.io'
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(domain)
  return `${isLocal ? 'http' : 'https'}://${domain}`
}

/** Blobs often are elsewhere; credentials stay with the host that they are for. */
async function followed(dial: Dial, request: HttpRequest): Promise<HttpAnswer> {
  let current = request
  for (let redirects = 0; ; redirects++) {
    const answer = await sendRequest(dial, current)
    const { location } = answer.headers
    if (answer.status < 300 || answer.status > 399 || location === undefined) return answer
    if (redirects >= mostRedirects) throw new UnexpectedStatus(current, answer)
    answer.body.resume()
    const url = new URL(location, current.url)
    const isSameHost = url.host === new URL(current.url).host
    const { authorization: _, ...others } = current.headers
    current = { ...current, url: url.toString(), headers: isSameHost ? current.headers : others }
  }
}

function checked(request: HttpRequest, answer: HttpAnswer): HttpAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer
  answer.body.resume()
  if (answer.status === 404) throw new NotInRegistry('not found')
  if (answer.status !== 401) throw new UnexpectedStatus(request, answer)
  const error = parseChallenge(answer.headers['www-authenticate'] ?? '')?.parameters['error']
  throw new AccessDenied(denied(`${error ? `server message: ${error}: ` : ''}authorization failed`))
}

function denied(why: string): string {
  return `pull access denied, repository does not exist or may require authorization: ${why}`
}

interface TokenRequest {
  readonly challenge: Challenge
  readonly scope: string
  readonly basic: string | undefined
}

async function fetchToken(dial: Dial, { challenge, scope, basic }: TokenRequest): Promise<string> {
  const kind = basic === undefined ? 'anonymous' : 'oauth'
  const fail = (why: string) =>
    new AccessDenied(`failed to authorize: failed to fetch ${kind} token: ${why}`)
  const url = tokenUrl(challenge, scope)
  if (url === undefined) throw fail('the registry names no token server')
  const headers = basic === undefined ? {} : { authorization: basic }
  const request: HttpRequest = { method: 'GET', url, headers }
  const answer = await followed(dial, request)
  const text = (await readAll(answer.body)).toString()
  if (answer.status !== 200) throw fail(new UnexpectedStatus(request, answer).message)
  const body = record(JSON.parse(text))
  const token = string(body['token']) || string(body['access_token'])
  if (token === '') throw fail('authorization server did not include a token in the response')
  return `Bearer ${token}`
}

async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > mostManifestBytes) throw new Error('the registry sent too large a manifest')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
