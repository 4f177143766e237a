// Who serves: each API server keeps a Lease in kube-system, and those of servers that are gone for
// long are deleted by the others (KEP-1965).

import { createHash } from 'node:crypto'
import { kindEntry, pathOf } from '../../api/kinds.ts'
import type { Lease } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Random } from '../../lib/random.ts'
import type { Reader } from '../reader.ts'

export const identityLabel = 'apiserver.kubernetes.io/identity'
const namespace = 'kube-system'
const renewMs = 10_000
const durationSeconds = 3600
const collectMs = 3_600_000

export interface IdentityOptions {
  readonly reader: Reader
  /** What tells this server from the others: the name of its host, where each has its own. */
  readonly host: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}

/** Goes on until the signal aborts. The Lease stays: the next start of this server renews it. */
export async function keepIdentity(options: IdentityOptions): Promise<void> {
  const { host, clock, random, log, signal } = options
  const name = identityOf(host)
  const holder = `${name}_${random.uuid()}`
  let collectedMs = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    try {
      await renew(options, name, holder)
      if (clock.now().getTime() - collectedMs >= collectMs) {
        await collectStale(options)
        collectedMs = clock.now().getTime()
      }
    } catch (error) {
      if (!signal.aborted) log.warn('identity not renewed', { error })
    }
    await clock.sleep(renewMs, signal).catch(() => {})
  }
}

/** apiserver-HASH, of the host's name and the part's, each after its length in two bytes. */
export function identityOf(host: string): string {
  const hash = createHash('sha256')
  for (const text of [host, 'kube-apiserver']) {
    const bytes = Buffer.from(text)
    hash.update(Buffer.of(bytes.length >> 8, bytes.length & 255))
    hash.update(bytes)
  }
  return `apiserver-${base32(hash.digest().subarray(0, 16))}`
}

/** RFC 4648 in small letters, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

async function renew(
  { reader, host, clock }: IdentityOptions,
  name: string,
  holderIdentity: string,
): Promise<void> {
  const current = await reader.get('Lease', { namespace, name })
  const labels = {
    ...current?.metadata.labels,
    [identityLabel]: 'kube-apiserver',
    'kubernetes.io/hostname': host,
  }
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...(current?.metadata ?? { namespace, name }), labels },
    spec: {
      ...current?.spec,
      holderIdentity,
      leaseDurationSeconds: durationSeconds,
      renewTime: clock.now().toISOString().replace('Z', '000Z'),
    },
  }
  await reader.send({
    method: current ? 'PUT' : 'POST',
    path: pathOf(kindEntry('Lease'), namespace, current ? name : undefined),
    headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' },
    body: JSON.stringify(lease),
  })
}

async function collectStale({ reader, clock }: IdentityOptions): Promise<void> {
  const selector = encodeURIComponent(`${identityLabel}=kube-apiserver`)
  const path = pathOf(kindEntry('Lease'), namespace)
  const { items } = (await reader.send({
    method: 'GET',
    path: `${path}?labelSelector=${selector}`,
  })) as { readonly items: readonly Lease[] }
  for (const { metadata } of items.filter((lease) => isStale(lease, clock.now()))) {
    await reader.send({ method: 'DELETE', path: `${path}/${metadata.name}` })
  }
}

/** Not renewed for its whole duration; one without times is of nobody. */
export function isStale({ spec }: Lease, now: Date): boolean {
  const { renewTime, leaseDurationSeconds } = spec ?? {}
  if (renewTime === undefined || leaseDurationSeconds === undefined) return true
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 < now.getTime()
}
