// Reads a kind file: YAML in, a checked KindCluster out, or every mistake in it with its line.

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { type KindCluster, kindClusterShape, type Shape } from './kind-shape.ts'
import { UserError } from './user-error.ts'

/** `fileName` is only named in messages. Throws UserError with one line a mistake. */
export function parseKindFile(text: string, fileName: string): KindCluster {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const mistakes: string[] = []
  const report = (offset: number, message: string) =>
    mistakes.push(`${fileName}:${lines.linePos(offset).line}: ${message}`)

  for (const { pos, message } of document.errors) report(pos[0], message)
  if (mistakes.length === 0) {
    const root = document.contents
    if (!isMap(root)) report(0, 'expected a Cluster, e.g. "kind: Cluster"')
    else {
      for (const field of ['kind', 'apiVersion']) {
        if (!root.has(field)) report(0, `${field}: ${requiredValue(field)} is required`)
      }
      checkShape(root, kindClusterShape, { path: '', report })
    }
  }
  if (mistakes.length > 0) throw new UserError(mistakes.join('\n'))
  // Every field of KindCluster is in the shape that was just checked; null means absent.
  return withoutNulls(document.toJS()) as KindCluster
}

interface Place {
  readonly path: string
  readonly report: (offset: number, message: string) => void
}

interface Pairs {
  readonly items: readonly { readonly key: unknown; readonly value: unknown }[]
}

function checkShape(node: unknown, shape: Shape, place: Place): void {
  if (isAlias(node)) return
  if (node === null || (isScalar(node) && node.value === null)) return
  const wrong = (expected: string) =>
    place.report(offsetOf(node), `${place.path || 'the file'}: expected ${expected}`)
  if (shape.type === 'object') {
    if (isMap(node)) checkFields(node, shape.fields, place)
    else wrong('an object')
  } else if (shape.type === 'map') {
    if (isMap(node)) checkValues(node, shape.of, place)
    else wrong('an object')
  } else if (shape.type === 'list') {
    if (isSeq(node)) checkItems(node, shape.of, place)
    else wrong('a list')
  } else checkScalar(node, shape, wrong)
}

function checkValues(node: Pairs, shape: Shape, place: Place): void {
  for (const { key, value } of node.items) {
    checkShape(value, shape, { ...place, path: joinPath(place.path, String(key)) })
  }
}

function checkItems(node: { items: unknown[] }, shape: Shape, place: Place): void {
  for (const [index, item] of node.items.entries()) {
    checkShape(item, shape, { ...place, path: `${place.path}[${index}]` })
  }
}

function checkFields(node: Pairs, fields: Readonly<Record<string, Shape>>, place: Place): void {
  for (const { key, value } of node.items) {
    const name = String(key)
    const path = joinPath(place.path, name)
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (shape) checkShape(value, shape, { ...place, path })
    else if (name !== '<<') {
      const near = nearest(name, Object.keys(fields))
      place.report(offsetOf(key), `${path}: unknown field${near ? `, did you mean ${near}?` : ''}`)
    }
  }
}

function checkScalar(
  node: unknown,
  shape: Extract<Shape, { type: 'string' | 'boolean' | 'integer' }>,
  wrong: (expected: string) => void,
): void {
  const value = isScalar(node) ? node.value : undefined
  if (shape.type === 'boolean') {
    if (typeof value !== 'boolean') wrong('true or false')
  } else if (shape.type === 'integer') {
    const { min, max } = shape
    if (!Number.isInteger(value) || Number(value) < min || Number(value) > max) {
      wrong(`a number from ${min} to ${max}`)
    }
  } else if (typeof value !== 'string') wrong('a string (in quotes)')
  else if (shape.oneOf && !shape.oneOf.includes(value)) wrong(shape.oneOf.join(' or '))
}

function requiredValue(field: string): string {
  const shape = kindClusterShape.type === 'object' ? kindClusterShape.fields[field] : undefined
  return (shape?.type === 'string' && shape.oneOf?.[0]) || 'a value'
}

const joinPath = (path: string, name: string) => (path ? `${path}.${name}` : name)

function offsetOf(node: unknown): number {
  const { range } = (node ?? {}) as { range?: readonly number[] | null }
  return range?.[0] ?? 0
}

/** The field that was probably meant: the same but for case, or one or two letters away. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  const distances = candidates.map(
    (candidate) => [distance(name.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  )
  const [best] = distances.sort(([a], [b]) => a - b)
  return best && best[0] <= 2 ? best[1] : undefined
}

/** Levenshtein's, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, withoutNulls(field)]),
  )
}
