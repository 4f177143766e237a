// What calls cost when they are run, by the sizes of their arguments, in units of cel-go's model.
// Source: cel-go's interpreter/runtimecost.go and Kubernetes' estimator.

import { sizeOf } from '../signature.ts'
import { type CelValue, isList } from '../values.ts'

type Cost = (args: readonly CelValue[]) => number

const perCharacter = 0.1
const perPatternCharacter = 0.25

const walked = (size: number) => Math.ceil(size * perCharacter)

/** Walking through the first argument. */
export const walk: Cost = ([text]) => walked(sizeOf(text))

/** Walking through it and building another of its size. */
export const walkTwice: Cost = ([text]) => walked(2 * sizeOf(text))

/** Looking for the second argument in the first. */
export const search: Cost = ([text, part]) => walked(sizeOf(text)) * walked(sizeOf(part))

/** Matching the first argument against a pattern. */
export const match: Cost = ([text, pattern]) => matched(sizeOf(text), sizeOf(pattern))

export function matched(textSize: number, patternSize: number): number {
  return walked(1 + textSize) * Math.ceil(patternSize * perPatternCharacter)
}

/** Going through all elements of a list, or characters of a text. */
export const elements: Cost = ([list]) => {
  if (!isList(list)) return Math.floor(sizeOf(list) * perCharacter)
  return list.reduce<number>((sum, item) => sum + elements([item]), 0) || (list.length > 0 ? 1 : 0)
}

/** As far as the smaller of two goes. */
export const compared: Cost = ([a, b]) => walked(Math.min(sizeOf(a), sizeOf(b)))

export const joined: Cost = ([a, b]) => walked(sizeOf(a) + sizeOf(b))

/** Each element of one list with each of another. */
export const product: Cost = ([a, b]) => 1 + sizeOf(a) * sizeOf(b)
export const productTwice: Cost = ([a, b]) => 1 + 2 * sizeOf(a) * sizeOf(b)

/** A call that makes a list, of so many elements. */
const making = (count: number, factor = 1) => Math.floor(count * factor) + 11

export const copying: Cost = ([list]) => making(sizeOf(list))
export const counting: Cost = ([count]) => making(Number(count))
export const slicing: Cost = ([, start, end]) => making(Math.max(0, Number(end) - Number(start)))
export const flattening: Cost = ([list, depth]) => making(sizeOf(list), Number(depth ?? 1))

/** All elements of a list with one another. */
export const selfComparing: Cost = ([list]) => {
  const [first] = isList(list) ? list : []
  const isText = typeof first === 'string' || first instanceof Uint8Array
  return making(sizeOf(list) ** 2, isText ? 2 + perCharacter : 2)
}
