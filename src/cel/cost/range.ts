// Ranges of sizes and costs, as cel-go reckons with them: sums and products end at what 64 bits
// can hold, and numbers that large are as good as unknown.

export interface Range {
  readonly min: number
  readonly max: number
}

export const mostUnits = 2 ** 64

export const fixed = (units: number): Range => ({ min: units, max: units })
export const unknown: Range = { min: 0, max: mostUnits }
export const nothing: Range = fixed(0)
export const one: Range = fixed(1)

const capped = (units: number) => Math.min(units, mostUnits)

export function sum(...ranges: readonly Range[]): Range {
  return ranges.reduce(
    (a, b) => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) }),
    nothing,
  )
}

export function product(a: Range, b: Range): Range {
  return { min: capped(a.min * b.min), max: capped(a.max * b.max) }
}

/** Rounded up. */
export function scaled({ min, max }: Range, factor: number): Range {
  return { min: capped(Math.ceil(min * factor)), max: capped(Math.ceil(max * factor)) }
}

export function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}
