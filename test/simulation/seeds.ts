// The seeds of a simulation's run: one that is named in SEED, or so many from SEEDS on.

export interface SeedsOptions {
  /** How many unless SEEDS says otherwise. */
  readonly count: number
}

/** `SEED=n` replays one; `SEEDS=n` runs more of them. */
export function seeds({ count }: SeedsOptions): readonly number[] {
  const { SEED, SEEDS } = process.env
  if (SEED !== undefined) return [Number(SEED)]
  return Array.from({ length: SEEDS === undefined ? count : Number(SEEDS) }, (_, seed) => seed + 1)
}
