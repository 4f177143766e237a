// The rules of Services as nftables: a Service adds elements to maps; chains are shared by all
// Services with as many targets. In: fronts. Out: elements and nft commands.
//
// A packet to a front is looked up in @services (address . protocol . port) or @nodeports
// (protocol . port), whose verdict is a chain for the number of targets. That chain draws an
// index into the packet's mark and goes to `pick`, which redirects to what @..._targets has for
// the front and the mark. Names: s or n (services, node ports), i when for callers from inside
// only: `sampan_proxy` holds s_3 (three targets), s_3_m (masqueraded), s_3_a10800 (affinity).
//
// With affinity the mark is not an index but a number that belongs to the target, so that a
// client stays with its target while others come and go: s_..._slots translates one to the other.

import type { Target } from './endpoints.ts'
import type { Front } from './fronts.ts'

export const table = 'ip sampan_proxy'

/** Set on connections whose source is to become the node's; upstream's bit. */
const masqueradeMark = '0x4000'

export interface Element {
  readonly set: string
  readonly key: string
  /** Absent in sets. */
  readonly value?: string
}

const spaces = {
  s: { key: 'ip daddr . meta l4proto . th dport', type: 'ipv4_addr . inet_proto . inet_service' },
  n: { key: 'meta l4proto . th dport', type: 'inet_proto . inet_service' },
} as const

type SpaceName = keyof typeof spaces

/** One of s, n, si, ni. */
interface Space {
  readonly name: string
  readonly key: string
  readonly type: string
}

function spaceOf({ address, isForInside }: Front): Space {
  const letter: SpaceName = address === undefined ? 'n' : 's'
  return { name: isForInside ? `${letter}i` : letter, ...spaces[letter] }
}

const allSpaces: readonly Space[] = [
  { name: 's', ...spaces.s },
  { name: 'si', ...spaces.s },
  { name: 'n', ...spaces.n },
  { name: 'ni', ...spaces.n },
]

export interface TableOptions {
  /** Addresses of Pods: callers from inside. */
  readonly podSubnet: string
  /** Addresses of Services: those that no Service has refuse as well. */
  readonly serviceSubnet?: string
}

/** The table as it is without any Service; whatever was there before is gone. */
export function tableCommands(options: TableOptions): readonly string[] {
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} ${layoutName(options)} { type ipv4_addr; }`,
    ...layoutCommands(options),
  ]
}

/** The name of a set that says of a table found in the kernel whether its rules are these. */
export function layoutName(options: TableOptions): string {
  return `layout_${hash(layoutCommands(options).join('\n')).toString(16)}`
}

function layoutCommands({ podSubnet, serviceSubnet }: TableOptions): readonly string[] {
  return [
    ...allSpaces.flatMap(spaceCommands),
    `add set ${table} cluster_ips { type ipv4_addr; }`,
    `add set ${table} hairpins { type ipv4_addr . ipv4_addr; }`,
    `add map ${table} refused_s { type ${spaces.s.type} : verdict; }`,
    `add map ${table} refused_n { type ${spaces.n.type} : verdict; }`,
    ...chain('inside', [
      `${spaces.s.key} vmap @si`,
      `fib daddr type local ${spaces.n.key} vmap @ni`,
    ]),
    ...chain('everyone', [
      `${spaces.s.key} vmap @s`,
      `fib daddr type local ${spaces.n.key} vmap @n`,
    ]),
    ...chain('refuse', [
      `${spaces.s.key} vmap @refused_s`,
      `fib daddr type local ${spaces.n.key} vmap @refused_n`,
      'ip daddr @cluster_ips reject',
      ...(serviceSubnet === undefined ? [] : [`ip daddr ${serviceSubnet} reject`]),
    ]),
    ...chain('refuse_reject', ['reject']),
    ...hook('prerouting', 'nat hook prerouting priority -100', [
      `ip saddr ${podSubnet} jump inside`,
      'jump everyone',
    ]),
    ...hook('output', 'nat hook output priority -100', ['jump inside', 'jump everyone']),
    ...hook('postrouting', 'nat hook postrouting priority 100', [
      `ct mark and ${masqueradeMark} == ${masqueradeMark} masquerade fully-random`,
      'ct status dnat ip saddr . ip daddr @hairpins masquerade fully-random',
      'ct status dnat ip saddr 127.0.0.0/8 oif != "lo" masquerade fully-random',
    ]),
    ...['input', 'forward', 'output'].flatMap((name) =>
      hook(`refuse_${name}`, `filter hook ${name} priority 0`, ['ct state new jump refuse']),
    ),
  ]
}

function spaceCommands({ name, key, type }: Space): readonly string[] {
  const client = `ipv4_addr . ${type}`
  return [
    `add map ${table} ${name} { type ${type} : verdict; }`,
    `add map ${table} ${name}_targets { type ${type} . mark : ipv4_addr . inet_service; }`,
    `add map ${table} ${name}_slots { type ${type} . mark : mark; }`,
    `add map ${table} ${name}_clients { type ${client} : mark; flags dynamic,timeout; size 65535; }`,
    ...chain(`${name}_pick`, [
      `meta l4proto { tcp, udp, sctp } dnat ip to ${key} . meta mark map @${name}_targets`,
    ]),
  ]
}

function chain(name: string, rules: readonly string[]): readonly string[] {
  return [`add chain ${table} ${name}`, ...rules.map((rule) => `add rule ${table} ${name} ${rule}`)]
}

function hook(name: string, type: string, rules: readonly string[]): readonly string[] {
  const [, ...commands] = chain(name, rules)
  return [`add chain ${table} ${name} { type ${type}; }`, ...commands]
}

/** A chain shared by all fronts with as many targets, the same affinity, the same masquerade. */
export interface SharedChain {
  readonly name: string
  /** Creates it, and before it those that it leads to. */
  readonly parts: readonly { readonly name: string; readonly commands: readonly string[] }[]
}

function sharedChain(front: Front): SharedChain {
  const space = spaceOf(front)
  const { length } = front.targets
  const { affinitySeconds } = front
  const plain =
    affinitySeconds === undefined
      ? { name: `${space.name}_${length}`, rules: drawRules(space, length) }
      : {
          name: `${space.name}_${length}_a${affinitySeconds}`,
          rules: affinityRules(space, length, affinitySeconds),
        }
  const first = { name: plain.name, commands: chain(plain.name, plain.rules) }
  if (!front.isMasqueraded) return { name: first.name, parts: [first] }
  const name = `${first.name}_m`
  const rules = [`ct mark set ct mark or ${masqueradeMark}`, `goto ${first.name}`]
  return { name, parts: [first, { name, commands: chain(name, rules) }] }
}

function drawRules({ name }: Space, count: number): readonly string[] {
  return [`meta mark set numgen random mod ${count}`, `goto ${name}_pick`]
}

/**
 * A client that is known is sent where it was sent last, unless that target is no more: then
 * `pick` finds nothing and returns. An update leaves the value of an element as it is, hence
 * the deletion before it.
 */
function affinityRules({ name, key }: Space, count: number, seconds: number): readonly string[] {
  const client = `ip saddr . ${key}`
  const remember = `update @${name}_clients { ${client} timeout ${seconds}s : meta mark }`
  return [
    `meta mark set ${client} map @${name}_clients ${remember} jump ${name}_pick`,
    `delete @${name}_clients { ${client} : meta mark }`,
    `meta mark set numgen random mod ${count}`,
    `meta mark set ${key} . meta mark map @${name}_slots`,
    remember,
    `goto ${name}_pick`,
  ]
}

export interface FrontRules {
  readonly elements: readonly Element[]
  readonly chain?: SharedChain
}

/** `targets` of the front in the order of their indexes. */
export function frontRules(front: Front): FrontRules {
  const key = keyOf(front)
  if (front.targets.length === 0) return { elements: refusal(front, key) }
  const { name } = spaceOf(front)
  const shared = sharedChain(front)
  const marks =
    front.affinitySeconds === undefined
      ? front.targets.map((_, index) => index)
      : slotsOf(front.targets)
  return {
    chain: shared,
    elements: [
      { set: name, key, value: `goto ${shared.name}` },
      ...front.targets.map(({ address, port }, index) => ({
        set: `${name}_targets`,
        key: `${key} . ${marks[index]}`,
        value: `${address} . ${port}`,
      })),
      ...(front.affinitySeconds === undefined
        ? []
        : marks.map((mark, index) => ({
            set: `${name}_slots`,
            key: `${key} . ${index}`,
            value: String(mark),
          }))),
    ],
  }
}

/** Inside callers without targets go on to what the policy has for callers from outside. */
function refusal(front: Front, key: string): readonly Element[] {
  if (front.isForInside) return []
  const value = front.refusal === 'drop' ? 'drop' : 'goto refuse_reject'
  return [{ set: `refused_${spaceOf(front).name}`, key, value }]
}

function keyOf({ address, protocol, port }: Front): string {
  return `${address === undefined ? '' : `${address} . `}${protocol} . ${port}`
}

/** A number for each target that depends on nothing but the target, unless two would be equal. */
export function slotsOf(targets: readonly Target[]): readonly number[] {
  const used = new Set<number>()
  return targets.map(({ address, port }) => {
    let slot = hash(`${address}:${port}`)
    while (used.has(slot)) slot = (slot + 1) >>> 0
    used.add(slot)
    return slot
  })
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  return value
}

export function addElements(elements: readonly Element[]): readonly string[] {
  return bySet(elements).map(
    ([set, some]) => `add element ${table} ${set} { ${some.map(written).join(', ')} }`,
  )
}

export function deleteElements(elements: readonly Element[]): readonly string[] {
  return bySet(elements).map(
    ([set, some]) => `delete element ${table} ${set} { ${some.map(({ key }) => key).join(', ')} }`,
  )
}

function written({ key, value }: Element): string {
  return value === undefined ? key : `${key} : ${value}`
}

function bySet(elements: readonly Element[]): readonly [string, readonly Element[]][] {
  return [...Map.groupBy(elements, ({ set }) => set)]
}
