// What one namespace's rules should hold, and how that differs from what they hold.
// In: the plan of one Service after another. Out: the commands of one transaction for all of them.

import type { UdpFlow } from '../host/conntrack.ts'
import { arrange, textOf } from './arrange.ts'
import { type Front, frontKey, type ServicePlan } from './fronts.ts'
import {
  addElements,
  deleteElements,
  type Element,
  frontRules,
  type SharedChain,
} from './ruleset.ts'

export interface Ledger {
  /** `plan` undefined: the Service is gone. */
  replace(service: string, plan: ServicePlan | undefined): void
  /** What changed since it was last taken. */
  take(): RulesChange
  /** Everything, for a table that is empty, in parts of at most so many elements. */
  takeAll(partSize: number): readonly RulesChange[]
  /** Takes `kernel` for what the rules hold. Returns how many elements differ from that. */
  adopt(kernel: TableContents): number
}

/** What was found in a table that an earlier agent has left. */
export interface TableContents {
  readonly elements: readonly Element[]
  readonly chains: readonly string[]
}

export interface RulesChange {
  readonly commands: readonly string[]
  /** To be forgotten once the rules have changed. */
  readonly flows: readonly UdpFlow[]
}

export function createLedger(): Ledger {
  const plans = new Map<string, ServicePlan>()
  /** By front, then by Service; a front that several ask for is the first one's. */
  const claims = new Map<string, Map<string, Front>>()
  /** The fronts in force, with their targets in the order of their indexes. */
  const fronts = new Map<string, Front>()
  const elements = new Map<string, Element>()
  const counts = new Map<string, number>()
  const chains = new Set<string>()
  /** What the kernel has for elements that have changed; undefined: nothing. */
  let before = new Map<string, Element | undefined>()
  let newChains: SharedChain['parts'][number][] = []
  let flows: UdpFlow[] = []

  function replace(service: string, plan: ServicePlan | undefined): void {
    const previous = plans.get(service)
    if (plan) plans.set(service, plan)
    else plans.delete(service)
    const wanted = new Map((plan?.fronts ?? []).map((front) => [frontKey(front), front]))
    const dropped = (previous?.fronts ?? []).map(frontKey).filter((key) => !wanted.has(key))
    for (const key of dropped) claims.get(key)?.delete(service)
    // A Service that asks again keeps its place in the order of the map.
    for (const [key, front] of wanted) getOrCreate(claims, key).set(service, front)
    for (const key of [...dropped, ...wanted.keys()]) settle(key)
    for (const element of sharedElements(plan)) count(element, 1)
    for (const element of sharedElements(previous)) count(element, -1)
  }

  function settle(key: string): void {
    const [claimed] = claims.get(key)?.values() ?? []
    if (!claimed) claims.delete(key)
    const old = fronts.get(key)
    const front = claimed && { ...claimed, targets: arrange(old?.targets ?? [], claimed.targets) }
    const rules = front ? frontRules(front) : undefined
    for (const part of rules?.chain?.parts ?? []) {
      if (chains.has(part.name)) continue
      chains.add(part.name)
      newChains.push(part)
    }
    const kept = new Map((rules?.elements ?? []).map((element) => [elementKey(element), element]))
    for (const element of old ? frontRules(old).elements : [])
      if (!kept.has(elementKey(element))) change(element, undefined)
    for (const element of kept.values()) change(element, element)
    flows.push(...staleFlows(old, front))
    if (front) fronts.set(key, front)
    else fronts.delete(key)
  }

  function change(at: Element, wanted: Element | undefined): void {
    const key = elementKey(at)
    const current = elements.get(key)
    if (current?.value === wanted?.value && (current === undefined) === (wanted === undefined))
      return
    if (!before.has(key)) before.set(key, current)
    if (wanted) elements.set(key, wanted)
    else elements.delete(key)
  }

  function count(element: Element, step: 1 | -1): void {
    const key = elementKey(element)
    const total = (counts.get(key) ?? 0) + step
    if (total > 0) counts.set(key, total)
    else counts.delete(key)
    change(element, total > 0 ? element : undefined)
  }

  function take(): RulesChange {
    const changed = [...before].map(([key, old]) => ({ old, current: elements.get(key) }))
    const isSame = ({ old, current }: (typeof changed)[number]) =>
      old?.value === current?.value && (old === undefined) === (current === undefined)
    const differing = changed.filter((one) => !isSame(one))
    const commands = [
      ...newChains.flatMap((part) => part.commands),
      ...deleteElements(differing.flatMap(({ old }) => old ?? [])),
      ...addElements(differing.flatMap(({ current }) => current ?? [])),
    ]
    return { commands, flows: forget() }
  }

  function adopt(kernel: TableContents): number {
    forget()
    const found = new Map(kernel.elements.map((element) => [elementKey(element), element]))
    for (const key of new Set([...found.keys(), ...elements.keys()]))
      if (
        found.get(key)?.value !== elements.get(key)?.value ||
        !found.has(key) ||
        !elements.has(key)
      )
        before.set(key, found.get(key))
    const parts = allChainParts()
    chains.clear()
    for (const name of [...kernel.chains, ...parts.keys()]) chains.add(name)
    newChains = [...parts.values()].filter(({ name }) => !kernel.chains.includes(name))
    return before.size
  }

  function allChainParts(): Map<string, SharedChain['parts'][number]> {
    const parts = [...fronts.values()].flatMap((front) => frontRules(front).chain?.parts ?? [])
    return new Map(parts.map((part) => [part.name, part]))
  }

  function takeAll(partSize: number): readonly RulesChange[] {
    chains.clear()
    const parts = allChainParts()
    for (const name of parts.keys()) chains.add(name)
    const all = [...elements.values()]
    const adding = Array.from({ length: Math.ceil(all.length / partSize) }, (_, index) =>
      addElements(all.slice(index * partSize, (index + 1) * partSize)),
    )
    const creating = [...parts.values()].flatMap((part) => part.commands)
    const [first = [], ...others] = adding
    const noFlows = others.map((commands) => ({ commands, flows: [] }))
    return [{ commands: [...creating, ...first], flows: forget() }, ...noFlows]
  }

  function forget(): readonly UdpFlow[] {
    const forgotten = flows
    before = new Map()
    newChains = []
    flows = []
    return forgotten
  }

  return { replace, take, takeAll, adopt }
}

/** Elements that several Services may ask for alike. */
function sharedElements(plan: ServicePlan | undefined): readonly Element[] {
  if (!plan) return []
  return [
    ...plan.clusterIPs.map((key) => ({ set: 'cluster_ips', key })),
    ...plan.hairpins.map((address) => ({ set: 'hairpins', key: `${address} . ${address}` })),
  ]
}

function getOrCreate(claims: Map<string, Map<string, Front>>, key: string): Map<string, Front> {
  const known = claims.get(key) ?? new Map<string, Front>()
  claims.set(key, known)
  return known
}

function elementKey({ set, key }: Element): string {
  return `${set} ${key}`
}

/** UDP flows that go to a target that is no more, or that came when there was none. */
function staleFlows(old: Front | undefined, current: Front | undefined): readonly UdpFlow[] {
  const front = current ?? old
  if (front?.protocol !== 'udp') return []
  const at = { port: front.port, ...(front.address !== undefined && { address: front.address }) }
  const kept = new Set((current?.targets ?? []).map(textOf))
  const gone = (old?.targets ?? []).filter((target) => !kept.has(textOf(target)))
  const isFirst = (old?.targets.length ?? 0) === 0 && kept.size > 0
  return [...(isFirst ? [at] : []), ...gone.map(({ address }) => ({ ...at, target: address }))]
}
