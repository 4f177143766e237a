// One call of a webhook: an AdmissionReview over HTTPS to a URL or a Service, and the answer read.

import { Agent, request as httpsRequest } from 'node:https'
import { isDraft } from '../../../api/draft.ts'
import type { WebhookClientConfig } from '../../../api/types.gen.ts'
import type { ClusterView } from '../../registry/cluster-view.ts'
import { networkText } from '../../streaming/network-text.ts'
import { CallFailure, type DenialStatus } from './webhook-error.ts'

/** Larger answers are cut off: an AdmissionReview holds one object's patch. */
const mostAnswerBytes = 8 << 20
const idleSocketsPerWebhook = 4

export interface WebhookAnswer {
  readonly allowed: boolean
  readonly status: DenialStatus
  /** The JSON text of a JSON patch. */
  readonly patch: Uint8Array | undefined
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

export interface WebhookCall {
  readonly clientConfig: WebhookClientConfig
  readonly timeoutSeconds: number
  readonly review: { readonly request: { readonly uid: string } }
}

export type CallWebhook = (call: WebhookCall, cluster: ClusterView) => Promise<WebhookAnswer>

/** Connections are kept between calls. Throws CallFailure. */
export function createWebhookCaller(): CallWebhook {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: idleSocketsPerWebhook })
  return async (call, cluster) => {
    const target = await targetOf(call, cluster)
    const answer = await post(target, call, agent)
    return readAnswer(answer, call.review.request.uid)
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
  { clientConfig, timeoutSeconds }: WebhookCall,
  cluster: ClusterView,
): Promise<Target> {
  const { service, url: text } = clientConfig
  const url = service
    ? new URL(`https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`)
    : URL.parse(text ?? '')
  if (!url) throw new CallFailure(`could not get REST client: invalid URL ${JSON.stringify(text)}`)
  if (service?.path) url.pathname = service.path
  url.searchParams.set('timeout', `${timeoutSeconds}s`)
  const port = service?.port ?? Number(url.port || 443)
  const host = service ? await serviceHost(service, { cluster, url, port }) : url.hostname
  return { url, port, host: host.replace(/^\[|\]$/g, ''), serverName: url.hostname }
}

interface Place {
  readonly cluster: ClusterView
  readonly url: URL
  readonly port: number
}

/** The ClusterIP, behind which are the endpoints that are ready. */
async function serviceHost(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { cluster, url, port }: Place,
): Promise<string> {
  const found = await cluster.get('Service', { namespace, name })
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

function postFailed(url: URL, why: string): CallFailure {
  return new CallFailure(`failed to call webhook: Post "${shownUrl(url)}": ${why}`)
}

/** Go keeps the port that a Service's URL names, which WHATWG's URL drops when it is 443. */
function shownUrl(url: URL): string {
  const isService = url.hostname.endsWith('.svc') && url.port === ''
  return isService ? url.href.replace(url.hostname, `${url.hostname}:443`) : url.href
}

function post(target: Target, call: WebhookCall, agent: Agent): Promise<string> {
  const { url, host, port, serverName } = target
  const { caBundle } = call.clientConfig
  const body = JSON.stringify(call.review)
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
          'user-agent': 'kube-apiserver-admission',
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
    const timer = setTimeout(expire, call.timeoutSeconds * 1000)
    outgoing.on('error', (error) => {
      clearTimeout(timer)
      fail(networkText(error, `${host}:${port}`))
    })
    outgoing.end(body)
  })
}

function refused(code: number, text: string): CallFailure {
  const shown = text.trim() || 'unknown'
  const why =
    code >= 500
      ? `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`
      : `the server rejected our request for an unknown reason`
  return new CallFailure(
    `failed to call webhook: ${code === 404 ? 'the server could not find the requested resource' : why}`,
  )
}

function readAnswer(text: string, uid: string): WebhookAnswer {
  const review = parsed(text)
  const response = isDraft(review) ? review['response'] : undefined
  if (!isDraft(review) || review['kind'] !== 'AdmissionReview') {
    throw new CallFailure(
      `received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview`,
    )
  }
  if (!isDraft(response))
    throw new CallFailure('received invalid webhook response: webhook response was absent')
  if (response['uid'] !== uid) {
    throw new CallFailure(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
    )
  }
  return {
    allowed: response['allowed'] === true,
    status: isDraft(response['status']) ? response['status'] : {},
    patch: patchOf(response),
    warnings: textList(response['warnings']),
    auditAnnotations: textMap(response['auditAnnotations']),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CallFailure(
      "failed to call webhook: couldn't get version/kind; json parse error: invalid JSON",
    )
  }
}

function patchOf(response: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const { patch, patchType } = response
  if (typeof patch !== 'string' || patch === '') return undefined
  const wrong = 'received invalid webhook response: webhook returned response.patch but '
  if (patchType === undefined) throw new CallFailure(`${wrong}not response.patchType`)
  if (patchType !== 'JSONPatch') {
    throw new CallFailure(
      `received invalid webhook response: invalid webhook patchType ${JSON.stringify(patchType)}`,
    )
  }
  return Buffer.from(patch, 'base64')
}

const isText = (value: unknown): value is string => typeof value === 'string'

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : []
}

function textMap(value: unknown): Record<string, string> {
  if (!isDraft(value)) return {}
  const entries = Object.entries(value).flatMap(([key, text]) =>
    isText(text) ? [[key, text]] : [],
  )
  return Object.fromEntries(entries)
}
