// Driver: asks the server behind an APIService for the discovery document it must have. The answer
// counts, not whose certificate it comes with: requests that matter check that.

import type { Service } from '../../api/types.gen.ts'
import { requestOf } from '../in-process.ts'
import type { Backend, Dialer, TlsIdentity } from '../streaming/backend.ts'
import { networkText } from '../streaming/network-text.ts'
import { groupVersionPath, type RemoteService } from './api-service.ts'
import { identityHeaders } from './identity-headers.ts'
import { aggregatorUser } from './remote-documents.ts'
import { serviceTarget, type Target } from './service-target.ts'

/** Resolves to what is wrong, or to nothing. */
export type Probe = (
  remote: RemoteService,
  service: Service | undefined,
) => Promise<string | undefined>

/** A Service may lead to any of several servers: one that answers is enough. */
const attempts = 5
const timeoutMs = 5_000

export function createProbe(dialer: Dialer, identity: TlsIdentity | undefined): Probe {
  async function attempt(path: string, { host, port }: Target): Promise<void> {
    const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
    const signal = AbortSignal.timeout(timeoutMs)
    const request = requestOf({ method: 'GET', path, signal }, aggregatorUser)
    const backend: Backend = {
      scheme: 'https',
      ...{ host, port, isVerified: false },
      ...(identity && { identity }),
      headers: identityHeaders(aggregatorUser),
    }
    const failing = (why: string) => new Error(`failing or missing response from ${url}: ${why}`)
    const answer = await dialer.send(backend, path, request).catch((error: unknown) => {
      const why = signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : networkText(error, `${host}:${port}`)
      throw failing(`Get "${url}": ${why}`)
    })
    answer.on('error', () => {}).resume()
    const { statusCode = 0 } = answer
    if (statusCode < 200 || statusCode >= 300)
      throw failing(`bad status from ${url}: ${statusCode}`)
  }

  return async (remote, service) => {
    try {
      const target = serviceTarget(service, remote.service)
      const path = groupVersionPath(remote)
      await Promise.any(Array.from({ length: attempts }, () => attempt(path, target)))
      return undefined
    } catch (error) {
      const last = error instanceof AggregateError ? error.errors.at(-1) : error
      return last instanceof Error ? last.message : String(last)
    }
  }
}
