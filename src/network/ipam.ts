// Which Pod of a node has which address: one file an address, so that a restart knows them all.
// In: the node's podCIDR and sandbox ids. Out: addresses, and what is recorded with each.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PortMapping } from '../cri/cri.ts'
import { formatIpv4, type Ipv4Range, parseCidr, parseIpv4 } from '../lib/ip.ts'

/** What is kept about a sandbox, until it is removed. */
export interface Lease {
  readonly sandboxId: string
  readonly address: string
  readonly portMappings: readonly PortMapping[]
}

export interface Ipam {
  /** The sandbox's own lease, if it has one already, else a new one. */
  acquire(sandboxId: string, portMappings: readonly PortMapping[]): Promise<Lease>
  /** The lease that ended, or undefined when there was none. */
  release(sandboxId: string): Promise<Lease | undefined>
}

/** The first two addresses and the last are no Pod's, as in upstream's host-local plugin. */
const reservedAtStart = 2
const reservedAtEnd = 1

/**
 * The next free address after `last`, going round: an address is used again as late as can be,
 * so that what still talks to a Pod that is gone reaches no other.
 */
export function nextAddress(
  range: Ipv4Range,
  taken: ReadonlySet<number>,
  last: number | undefined,
): number | undefined {
  const lowest = range.first + reservedAtStart
  const count = range.size - reservedAtStart - reservedAtEnd
  const start = last === undefined ? 0 : last - lowest + 1
  for (let step = 0; step < count; step++) {
    const address = lowest + ((start + step) % count)
    if (!taken.has(address)) return address
  }
  return undefined
}

export async function openIpam(folder: string, podCidr: string): Promise<Ipam> {
  const range = parseCidr(podCidr)
  if (!range) throw new Error(`podCIDR ${podCidr} is no IPv4 range`)
  await mkdir(folder, { recursive: true })
  const leases = new Map((await readLeases(folder)).map((lease) => [lease.sandboxId, lease]))
  const taken = new Set([...leases.values()].map(({ address }) => numberOf(address)))
  let last: number | undefined = taken.size > 0 ? Math.max(...taken) : undefined

  async function acquire(sandboxId: string, portMappings: readonly PortMapping[]): Promise<Lease> {
    const known = leases.get(sandboxId)
    if (known) return known
    const address = nextAddress(range as Ipv4Range, taken, last)
    if (address === undefined) throw new Error(`no IP addresses available in range ${podCidr}`)
    last = address
    taken.add(address)
    const lease = { sandboxId, address: formatIpv4(address), portMappings }
    leases.set(sandboxId, lease)
    await writeLease(folder, lease)
    return lease
  }

  async function release(sandboxId: string): Promise<Lease | undefined> {
    const lease = leases.get(sandboxId)
    if (!lease) return undefined
    await rm(join(folder, lease.address), { force: true })
    leases.delete(sandboxId)
    taken.delete(numberOf(lease.address))
    return lease
  }

  return { acquire, release }
}

function numberOf(address: string): number {
  const number = parseIpv4(address)
  if (number === undefined) throw new Error(`${address} is no IPv4 address`)
  return number
}

/** A lease is whole or not there, whenever the agent ends. */
async function writeLease(folder: string, lease: Lease): Promise<void> {
  const file = join(folder, lease.address)
  await writeFile(`${file}.new`, JSON.stringify(lease))
  await rename(`${file}.new`, file)
}

async function readLeases(folder: string): Promise<readonly Lease[]> {
  const names = (await readdir(folder)).filter((name) => parseIpv4(name) !== undefined)
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Lease),
  )
}
