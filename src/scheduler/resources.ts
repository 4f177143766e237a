// What Pods ask for and nodes have, as plain numbers: cpu in thousandths, all else in units.

import type { Quantity } from '../api/json.ts'
import { milliUnitsOf, unitsOf } from '../api/quantity.ts'
import type { Container, Pod } from '../api/types.gen.ts'

export type Amounts = Readonly<Record<string, number>>

/** What scoring counts for a container that asks for nothing, so that such Pods spread too. */
const leastForScore: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 }

const parsed = new Map<string, number>()
const mostParsed = 10_000

/** The same few quantities come again with every Pod: each is parsed once. */
function amountOf(resource: string, quantity: Quantity | number): number {
  const key = `${resource === 'cpu' ? 'm' : 'u'}${quantity}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  const text = String(quantity)
  const amount = Number(resource === 'cpu' ? milliUnitsOf(text) : unitsOf(text))
  if (parsed.size >= mostParsed) parsed.clear()
  parsed.set(key, amount)
  return amount
}

export function amountsOf(list: Readonly<Record<string, Quantity>> = {}): Amounts {
  return Object.fromEntries(
    Object.entries(list).map(([resource, quantity]) => [resource, amountOf(resource, quantity)]),
  )
}

export function addAmounts(a: Amounts, b: Amounts, sign: 1 | -1 = 1): Amounts {
  const sum: Record<string, number> = { ...a }
  for (const [resource, amount] of Object.entries(b)) {
    sum[resource] = (sum[resource] ?? 0) + sign * amount
  }
  return sum
}

function largerOf(a: Amounts, b: Amounts): Amounts {
  const larger: Record<string, number> = { ...a }
  for (const [resource, amount] of Object.entries(b)) {
    larger[resource] = Math.max(larger[resource] ?? 0, amount)
  }
  return larger
}

const isSidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always'

/** Containers together, or the most that an init container needs beside the sidecars before it. */
export function requestsOf(pod: Pod): Amounts {
  return podSum(pod, ({ resources }) => amountsOf(resources?.requests))
}

/** As requestsOf for cpu and memory, with a least amount for each container that asks for none. */
export function scoreRequestsOf(pod: Pod): Amounts {
  return podSum(pod, ({ resources }) => {
    const asked = amountsOf(resources?.requests)
    return {
      cpu: asked['cpu'] ?? leastForScore['cpu'] ?? 0,
      memory: asked['memory'] ?? leastForScore['memory'] ?? 0,
    }
  })
}

function podSum({ spec }: Pod, requests: (container: Container) => Amounts): Amounts {
  const containers = spec.containers.map(requests).reduce((a, b) => addAmounts(a, b), {})
  let sidecars: Amounts = {}
  let initPeak: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    const own = requests(container)
    if (isSidecar(container)) sidecars = addAmounts(sidecars, own)
    initPeak = largerOf(initPeak, isSidecar(container) ? sidecars : addAmounts(sidecars, own))
  }
  const running = largerOf(addAmounts(containers, sidecars), initPeak)
  const wholePod = amountsOf(spec.resources?.requests)
  return addAmounts({ ...running, ...wholePod }, amountsOf(spec.overhead))
}
