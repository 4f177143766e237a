// Reads back what an earlier agent has left in the kernel, so that a restart changes nothing that
// is right: no connection fails meanwhile, and callers keep their affinity.
// In: what `nft -j list table` prints. Out: elements and chains, in the form in which they are added.

import type { TableContents } from './ledger.ts'
import type { Element } from './ruleset.ts'

/** Undefined when it is no table with the rules of `layout`. */
export function readTable(listed: unknown, layout: string): TableContents | undefined {
  const items = entriesOf(listed, 'nftables')
  const sets = items.flatMap((item) => [...partOf(item, 'set'), ...partOf(item, 'map')])
  if (!sets.some((set) => textAt(set, 'name') === layout)) return undefined
  const chains = items
    .flatMap((item) => partOf(item, 'chain'))
    .map((chain) => textAt(chain, 'name'))
  const isOurs = (set: object) => !textAt(set, 'name').endsWith('_clients')
  return { chains, elements: sets.filter(isOurs).flatMap(readElements) }
}

function readElements(set: object): readonly Element[] {
  const name = textAt(set, 'name')
  const isMap = 'map' in set
  const types = typesOf(set)
  return entriesOf(set, 'elem').map((element) => {
    if (!isMap || !Array.isArray(element)) return { set: name, key: writtenKey(element, types) }
    const [key, value] = element
    return { set: name, key: writtenKey(key, types), value: written(value) }
  })
}

/** The types of a key's parts: `type` is one name or a list of them. */
function typesOf(set: object): readonly string[] {
  const type = 'type' in set ? set.type : undefined
  return Array.isArray(type) ? type.map(String) : [String(type)]
}

/** nft prints a protocol by its name only where the machine has /etc/protocols. */
const protocolNames: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

function writtenKey(key: unknown, types: readonly string[]): string {
  const parts = concatenated(key) ?? [key]
  return parts
    .map((part, i) => {
      const text = written(part)
      return types[i] === 'inet_proto' ? (protocolNames[text] ?? text) : text
    })
    .join(' . ')
}

function concatenated(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !('concat' in value)) return undefined
  return Array.isArray(value.concat) ? value.concat : undefined
}

/** `{concat: [a, b]}` is `a . b`, `{goto: {target: c}}` is `goto c`, `{drop: null}` is `drop`. */
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = concatenated(value)
  if (parts) return parts.map(written).join(' . ')
  if ('goto' in value) return `goto ${textAt(value.goto, 'target')}`
  return Object.keys(value).join()
}

function partOf(item: unknown, name: string): readonly object[] {
  if (typeof item !== 'object' || item === null) return []
  const part: unknown = Object.entries(item).find(([key]) => key === name)?.[1]
  return typeof part === 'object' && part !== null ? [part] : []
}

function entriesOf(item: unknown, name: string): readonly unknown[] {
  const [part] = partOf(item, name)
  return Array.isArray(part) ? part : []
}

function textAt(item: unknown, name: string): string {
  if (typeof item !== 'object' || item === null) return ''
  const value: unknown = Object.entries(item).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}
