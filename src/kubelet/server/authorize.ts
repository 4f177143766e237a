// Who may speak to a kubelet: the API server and administrators, by a certificate of the CA; and by a
// certificate or a token who the API server says may reach this node's metrics, stats, logs or all.

import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { UserInfo } from '../../api/types.gen.ts'
import { HttpError } from './http-error.ts'
import type { Reviews } from './reviews.ts'

/** Rejects with HttpError for who may not. */
export type Guard = (request: IncomingMessage) => Promise<void>

const trustedNames = ['kube-apiserver-kubelet-client', 'kube-apiserver']
const trustedGroups = ['system:masters', 'kubeadm:cluster-admins']

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** By the first part of a path: subresources of the node, each enough. All else is its proxy. */
const subresources: Readonly<Record<string, readonly string[]>> = {
  stats: ['stats'],
  metrics: ['metrics'],
  logs: ['log'],
  checkpoint: ['checkpoint'],
  pods: ['pods', 'proxy'],
  runningpods: ['pods', 'proxy'],
  healthz: ['healthz', 'proxy'],
  configz: ['configz', 'proxy'],
}

export function createGuard(node: string, reviews: Reviews): Guard {
  return async (request) => {
    const known = ownerOfCertificate(request)
    if (known && isTrusted(known)) return
    const user = known ?? (await ownerOfToken(request, reviews))
    if (!user) throw new HttpError(401, 'Unauthorized')
    const { username = '' } = user
    const verb = verbs[request.method ?? ''] ?? ''
    const enough = subresourcesOf(request)
    const about = `user=${username}, verb=${verb}, resource=nodes, subresource(s)=[${enough.join(' ')}]`
    for (const subresource of enough) {
      const isAllowed = await reviews.isAllowed(user, { verb, node, subresource }).catch(() => {
        throw new HttpError(500, `Authorization error (${about})`)
      })
      if (isAllowed) return
    }
    throw new HttpError(403, `Forbidden (${about})`)
  }
}

function ownerOfCertificate({ socket }: IncomingMessage): UserInfo | undefined {
  const connection = socket as TLSSocket
  if (!connection.authorized) return undefined
  const { subject } = connection.getPeerCertificate()
  return {
    username: [subject?.CN ?? ''].flat().at(-1) ?? '',
    groups: [...[subject?.O ?? []].flat(), 'system:authenticated'],
  }
}

/** Who cannot be looked up is nobody, for now. */
async function ownerOfToken(
  { headers }: IncomingMessage,
  reviews: Reviews,
): Promise<UserInfo | undefined> {
  const token = /^bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
  return token ? reviews.ownerOf(token).catch(() => undefined) : undefined
}

function isTrusted({ username = '', groups = [] }: UserInfo): boolean {
  return trustedNames.includes(username) || groups.some((group) => trustedGroups.includes(group))
}

function subresourcesOf({ url }: IncomingMessage): readonly string[] {
  const [, first = ''] = new URL(url ?? '/', 'http://kubelet').pathname.split('/')
  return Object.hasOwn(subresources, first) ? (subresources[first] ?? []) : ['proxy']
}
