// How much of a range is kept for those who ask for one number in particular; the others are drawn
// from the rest first, so that asking works (KEP-3070, KEP-3668).

export interface Share {
  readonly least: number
  readonly most: number
  readonly divisor: number
}

/** Of the start of a range; nothing where the range is no larger than the least share. */
export function reservedShare(size: number, { least, most, divisor }: Share): number {
  if (size <= least) return 0
  return Math.min(most, Math.max(least, Math.floor(size / divisor)))
}
