// Reviews sent to webhooks: POST over HTTPS to a URL or a Service, the answer's text back.

import { Agent, request as httpsRequest } from 'node:https'
import type {
  ApiextensionsWebhookClientConfig,
  Service,
  WebhookClientConfig,
} from '../api/types.gen.ts'
import { networkText } from './streaming/network-text.ts'

const idleSocketsPerWebhook = 4

export interface PostedReview {
  readonly clientConfig: WebhookClientConfig | ApiextensionsWebhookClientConfig
  readonly timeoutSeconds: number
  readonly body: string
}

/** Where Services are looked up. */
export interface Services {
  get(kind: 'Service', key: ServiceKey): Promise<Service | undefined>
}

interface ServiceKey {
  readonly namespace: string
  readonly name: string
}

export type PostReview = (review: PostedReview, services: Services) => Promise<string>

/** No answer, or one that is no success: what upstream's client says. */
export class PostFailure extends Error {
  /** False where there was nobody to send it to. */
  readonly isSent: boolean
  constructor(message: string, isSent = true) {
    super(message)
    this.isSent = isSent
  }
}

export interface PosterOptions {
  /** As which the webhook sees us. */
  readonly userAgent: string
  /** Larger answers are cut off. */
  readonly mostAnswerBytes: number
}

/** Connections are kept between reviews. Throws PostFailure. */
export function createReviewPoster(options: PosterOptions): PostReview {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: idleSocketsPerWebhook })
  return async (review, services) => {
    const target = await targetOf(review, services)
    return post(target, review, { ...options, agent })
  }
}

interface Target {
  /** As the webhook is named in messages, with the timeout. */
  readonly url: URL
  readonly host: string
  readonly port: number
  readonly serverName: string
}

async function targetOf(
  { clientConfig, timeoutSeconds }: PostedReview,
  services: Services,
): Promise<Target> {
  const { service, url: text } = clientConfig
  const url = service
    ? new URL(`https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`)
    : URL.parse(text ?? '')
  if (!url) {
    const why = `could not get REST client: invalid URL ${JSON.stringify(text)}`
    throw new PostFailure(why, false)
  }
  if (service?.path) url.pathname = service.path
  url.searchParams.set('timeout', `${timeoutSeconds}s`)
  const port = service?.port ?? Number(url.port || 443)
  const host = service ? await serviceHost(service, { services, url, port }) : url.hostname
  return { url, port, host: host.replace(/^\[|\]$/g, ''), serverName: url.hostname }
}

interface Place {
  readonly services: Services
  readonly url: URL
  readonly port: number
}

/** The ClusterIP, behind which are the endpoints that are ready. */
async function serviceHost(
  { namespace, name }: ServiceKey,
  { services, url, port }: Place,
): Promise<string> {
  const found = await services.get('Service', { namespace, name })
  if (!found) throw postFailed(url, `service ${JSON.stringify(name)} not found`)
  const { type, externalName, clusterIP, ports = [] } = found.spec
  if (type === 'ExternalName' && externalName) return externalName
  if (!clusterIP || clusterIP === 'None') {
    throw postFailed(url, `cannot route to service with ClusterIP "${clusterIP ?? ''}"`)
  }
  if (!ports.some((declared) => declared.port === port)) {
    throw postFailed(url, `no service port ${port} found for service ${JSON.stringify(name)}`)
  }
  return clusterIP
}

function postFailed(url: URL, why: string): PostFailure {
  return new PostFailure(`Post "${shownUrl(url)}": ${why}`)
}

/** Go keeps the port that a Service's URL names, which WHATWG's URL drops when it is 443. */
function shownUrl(url: URL): string {
  const isService = url.hostname.endsWith('.svc') && url.port === ''
  return isService ? url.href.replace(url.hostname, `${url.hostname}:443`) : url.href
}

interface Posting extends PosterOptions {
  readonly agent: Agent
}

function post(
  target: Target,
  { clientConfig, timeoutSeconds, body }: PostedReview,
  { agent, userAgent, mostAnswerBytes }: Posting,
): Promise<string> {
  const { url, host, port, serverName } = target
  const caBundle = clientConfig.caBundle?.trim()
  const isAddress = /^[\d.]+$|:/.test(serverName)
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(postFailed(url, why))
    const outgoing = httpsRequest(
      {
        ...{ agent, host, port, method: 'POST', path: url.pathname + url.search },
        ...(caBundle && { ca: Buffer.from(caBundle, 'base64') }),
        ...(!isAddress && { servername: serverName }),
        headers: {
          host: url.host,
          'content-type': 'application/json',
          accept: 'application/json, */*',
          'user-agent': userAgent,
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > mostAnswerBytes) outgoing.destroy(new Error('answer too large'))
          else chunks.push(chunk)
        })
        answer.on('error', (error) => fail(error.message))
        answer.on('end', () => {
          clearTimeout(timer)
          const text = Buffer.concat(chunks).toString()
          const { statusCode = 0 } = answer
          if (statusCode >= 200 && statusCode < 300) resolve(text)
          else reject(refused(statusCode, text))
        })
      },
    )
    const expire = () => outgoing.destroy(new Error('context deadline exceeded'))
    const timer = setTimeout(expire, timeoutSeconds * 1000)
    outgoing.on('error', (error) => {
      clearTimeout(timer)
      fail(networkText(error, `${host}:${port}`))
    })
    outgoing.end(body)
  })
}

function refused(code: number, text: string): PostFailure {
  if (code === 404) return new PostFailure('the server could not find the requested resource')
  const shown = text.trim() || 'unknown'
  return new PostFailure(
    code >= 500
      ? `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`
      : 'the server rejected our request for an unknown reason',
  )
}
