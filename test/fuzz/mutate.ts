// Changes to an object by chance: a field in its form, a hostile value, something left out, twice
// or elsewhere. The object given is changed in place.

import type { Dice } from './dice.ts'
import { hostileNumbers, hostileTexts, hostileValues } from './hostile.ts'
import { pathInto, type Schema, type Schemas, valueFor } from './schema-values.ts'

export interface MutateOptions {
  readonly schema: Schema
  readonly schemas: Schemas
  readonly dice: Dice
}

type Tree = Record<string, unknown>

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null

export function mutate(object: Tree, options: MutateOptions): void {
  const { dice } = options
  if (dice.once(2)) setField(object, options)
  else spoil(object, dice)
}

function spoil(object: Tree, dice: Dice): void {
  const place = placeIn(object, dice)
  if (!place) return
  const { parent, name } = place
  const value = parent[name]
  switch (dice.below(4)) {
    case 0:
      set(parent, name, hostileValue(dice))
      return
    case 1:
      if (!Array.isArray(parent)) delete parent[name]
      return
    case 2:
      if (Array.isArray(value)) value.push(structuredClone(value[0] ?? null))
      else set(parent, dice.pick(hostileTexts), structuredClone(value))
      return
    default:
      set(parent, name, scalarLike(value, dice))
  }
}

export function hostileValue(dice: Dice): unknown {
  const kind = dice.below(3)
  if (kind === 0) return dice.pick(hostileTexts)
  return kind === 1 ? dice.pick(hostileNumbers) : dice.pick(hostileValues())
}

/** A field that the kind has, at any depth, in the form that it is to have. */
function setField(object: Tree, { schema, schemas, dice }: MutateOptions): void {
  const { path, schema: field } = pathInto(schema, { schemas, dice, depth: 5 })
  const last = path.at(-1)
  if (last === undefined) return
  let at = object
  for (const step of path.slice(0, -1)) {
    const next = at[step]
    if (!isTree(next)) at[step] = {}
    const inner = at[step]
    if (isTree(inner)) at = Array.isArray(inner) && isTree(inner[0]) ? inner[0] : inner
  }
  set(at, last, valueFor(field, { schemas, dice, depth: 4 }))
}

function placeIn(object: Tree, dice: Dice): { parent: Tree; name: string } | undefined {
  let parent = object
  for (;;) {
    const entries = Object.entries(parent)
    if (entries.length === 0) return undefined
    const [name, value] = dice.pick(entries)
    if (!isTree(value) || Object.keys(value).length === 0 || dice.once(4)) return { parent, name }
    parent = value
  }
}

function scalarLike(value: unknown, dice: Dice): unknown {
  if (typeof value === 'number') return dice.pick(hostileNumbers)
  return typeof value === 'string' ? dice.pick(hostileTexts) : value
}

/** As a parsed body has it: __proto__ is a key like any other. */
function set(tree: Tree, name: string, value: unknown): void {
  if (Array.isArray(tree) && Number.isNaN(Number(name))) return
  Object.defineProperty(tree, name, { value, writable: true, enumerable: true, configurable: true })
}
