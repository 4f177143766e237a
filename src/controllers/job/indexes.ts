// Completion indexes: which a Pod is for, and sets of them written as "0-2,5".

import type { Pod } from '../../api/types.gen.ts'

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

export function parseIndexes(text: string | undefined, limit: number): ReadonlySet<number> {
  const indexes = new Set<number>()
  for (const part of text?.split(',') ?? []) {
    const [first, last = first] = part.split('-').map(Number)
    if (first === undefined || last === undefined || Number.isNaN(first + last)) continue
    for (let index = first; index <= last && index < limit; index += 1) indexes.add(index)
  }
  return indexes
}

export function indexesText(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const index of sorted) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return ranges.map(([from, to]) => rangeText(from, to)).join(',')
}

function rangeText(from: number, to: number): string {
  if (from === to) return String(from)
  return to === from + 1 ? `${from},${to}` : `${from}-${to}`
}
