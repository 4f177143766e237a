// The server's seats, shared by its priority levels: each has its own by its shares, may lend some
// while it does not need them, and may borrow what others lend. Nobody is made to stop: a level gets
// back what it lent as borrowers finish, and never lends what it keeps (nominal less lendable).
//
//   borrowed = max(0, in use - nominal)         of each level
//   spare    = min(lendable, nominal - in use)  of each level, not below 0
//   invariant: the sum of borrowed <= the sum of spare, but for levels that were made smaller since

export interface SeatLimits {
  readonly nominal: number
  readonly lendable: number
  /** Most seats it may ever have. */
  readonly most: number
}

export interface SeatHolder {
  limits: SeatLimits
  inUse: number
}

export interface LevelShares {
  readonly shares: number
  readonly lendablePercent: number
  /** undefined: as much as others lend. */
  readonly borrowingLimitPercent: number | undefined
}

/** Each level's seats of `total`, in the order given. */
export function shareSeats(total: number, levels: readonly LevelShares[]): readonly SeatLimits[] {
  const all = levels.reduce((sum, { shares }) => sum + shares, 0)
  return levels.map(({ shares, lendablePercent, borrowingLimitPercent: most }) => {
    const nominal = all > 0 ? Math.ceil((total * shares) / all) : 0
    return {
      nominal,
      lendable: Math.round((nominal * lendablePercent) / 100),
      most: most === undefined ? Infinity : nominal + Math.round((nominal * most) / 100),
    }
  })
}

export class SeatPool {
  #borrowed = 0
  #spare = 0

  /** Makes a level one of the pool's, with no seat in use. */
  add(holder: SeatHolder): void {
    this.#count(holder, 1)
  }

  setLimits(holder: SeatHolder, limits: SeatLimits): void {
    this.#count(holder, -1)
    holder.limits = limits
    this.#count(holder, 1)
  }

  /** False: there is no room now. A request wider than its level goes alone. */
  take(holder: SeatHolder, seats: number): boolean {
    const { nominal, lendable, most } = holder.limits
    const after = holder.inUse + seats
    // Most requests end here: what the level keeps for itself is nobody else's business.
    if (after <= nominal - lendable) {
      holder.inUse = after
      return true
    }
    const isAlone = holder.inUse === 0
    const borrowed = this.#borrowed - borrowedBy(holder, holder.inUse) + borrowedBy(holder, after)
    const spare = this.#spare - spareOf(holder, holder.inUse) + spareOf(holder, after)
    if (!isAlone && (after > most || borrowed > spare)) return false
    holder.inUse = after
    this.#borrowed = borrowed
    this.#spare = spare
    return true
  }

  give(holder: SeatHolder, seats: number): void {
    this.#count(holder, -1)
    holder.inUse -= seats
    this.#count(holder, 1)
  }

  /** How many seats a level could have now. */
  limitOf(holder: SeatHolder): number {
    const others = this.#spare - spareOf(holder, holder.inUse)
    const lent = this.#borrowed - borrowedBy(holder, holder.inUse)
    return Math.min(holder.limits.most, holder.limits.nominal + Math.max(0, others - lent))
  }

  #count(holder: SeatHolder, sign: 1 | -1): void {
    this.#borrowed += sign * borrowedBy(holder, holder.inUse)
    this.#spare += sign * spareOf(holder, holder.inUse)
  }
}

function borrowedBy({ limits }: SeatHolder, inUse: number): number {
  return Math.max(0, inUse - limits.nominal)
}

function spareOf({ limits }: SeatHolder, inUse: number): number {
  return Math.max(0, Math.min(limits.lendable, limits.nominal - inUse))
}
