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
  return entriesOf(set, 'elem').map((element) => {
    if (!isMap || !Array.isArray(element)) return { set: name, key: written(element) }
    const [key, value] = element
    return { set: name, key: written(key), value: written(value) }
  })
}

/** `{concat: [a, b]}` is `a . b`, `{goto: {target: c}}` is `goto c`, `{drop: null}` is `drop`. */
function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if ('concat' in value && Array.isArray(value.concat)) return value.concat.map(written).join(' . ')
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
