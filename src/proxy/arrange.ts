// Keeps the order of a front's targets while some come and go: what stays keeps its index.

import type { Target } from './endpoints.ts'

/** `wanted` in an order in which as few as possible differ from `previous` at the same index. */
export function arrange(previous: readonly Target[], wanted: readonly Target[]): readonly Target[] {
  const arriving = new Map(wanted.map((target) => [textOf(target), target]))
  const places = previous.slice(0, wanted.length).map((target) => {
    const text = textOf(target)
    const kept = arriving.get(text)
    arriving.delete(text)
    return kept
  })
  const rest = arriving.values()
  return Array.from(
    { length: wanted.length },
    (_, index) => places[index] ?? rest.next().value,
  ).filter((target) => target !== undefined)
}

export function textOf({ address, port }: Target): string {
  return `${address}:${port}`
}
