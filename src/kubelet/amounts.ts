// Quantities as the kubelet needs them: whole millis and whole bytes, rounded up. Pure.

import type { Quantity } from '../api/json.ts'
import { milliUnitsOf, parseQuantity, unitsOf } from '../api/quantity.ts'

export function milliOf(quantity: Quantity | undefined): number {
  return quantity === undefined ? 0 : Number(milliUnitsOf(`${quantity}`))
}

export function bytesOf(quantity: Quantity | undefined): number {
  return quantity === undefined ? 0 : Number(unitsOf(`${quantity}`))
}

/** `quantity` counted in `divisor`s, rounded up, as resourceFieldRef gives it out. */
export function dividedBy(quantity: Quantity, divisor: Quantity | undefined): number {
  const { nanos } = parseQuantity(`${quantity}`)
  const unit = parseQuantity(`${divisor ?? '1'}`).nanos || parseQuantity('1').nanos
  return Number((nanos + unit - 1n) / unit)
}
