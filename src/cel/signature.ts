// Functions of CEL as tables of signatures: `string.startsWith(string): bool` and what runs.

import { type CelType, listOf, mapOf, opaque, optionalOf, typeOf } from './types.ts'
import {
  CelMap,
  CelObject,
  type CelValue,
  Duration,
  isList,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from './values.ts'

export interface CelFunction {
  readonly name: string
  readonly isMember: boolean
  /** The receiver first, for members. */
  readonly parameters: readonly CelType[]
  readonly result: CelType
  /** Called with values that match the parameters. */
  run(args: readonly CelValue[]): CelValue
  /** Takes values at run time that its parameters do not say: it looks for itself. */
  readonly isUnguarded?: boolean
  /** Units beyond those of the arguments; 1 unless set. */
  cost?(args: readonly CelValue[]): number
}

/** What runs, with parameters of the JavaScript types that the signature's types have. */
type Body = (...args: never[]) => CelValue
type Cost = (args: readonly CelValue[]) => number

export function member(signature: string, body: Body, cost?: Cost): CelFunction {
  const { path, parameters, result } = parseSignature(signature)
  const dot = path.lastIndexOf('.')
  const receiver = parseType(path.slice(0, dot))
  const name = path.slice(dot + 1)
  return made({ name, isMember: true, parameters: [receiver, ...parameters], result }, body, cost)
}

export function global(signature: string, body: Body, cost?: Cost): CelFunction {
  const { path, parameters, result } = parseSignature(signature)
  return made({ name: path, isMember: false, parameters, result }, body, cost)
}

function made(shape: Omit<CelFunction, 'run' | 'cost'>, body: Body, cost?: Cost): CelFunction {
  // Sound because `run` is called only where every argument matches its parameter.
  const call = body as unknown as (...args: readonly CelValue[]) => CelValue
  return { ...shape, run: (args) => call(...args), ...(cost && { cost }) }
}

function parseSignature(signature: string) {
  const [, path = '', inner = '', result = ''] = /^(.+?)\((.*)\): (.+)$/.exec(signature) ?? []
  return { path, parameters: splitTypes(inner).map(parseType), result: parseType(result) }
}

/** Commas within angle brackets do not separate. */
function splitTypes(text: string): string[] {
  return text === '' ? [] : text.split(/, (?![^<]*>)/)
}

const simple = new Set<string>([
  'dyn',
  'null_type',
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'timestamp',
  'duration',
])

function parseType(text: string): CelType {
  const [, outer, inner = ''] = /^(\w+)<(.+)>$/.exec(text) ?? []
  const types = splitTypes(inner).map(parseType)
  const [first = { kind: 'dyn' as const }, second = { kind: 'dyn' as const }] = types
  if (outer === 'list') return listOf(first)
  if (outer === 'map') return mapOf(first, second)
  if (outer === 'optional') return optionalOf(first)
  if (outer === 'type') return typeOf(first)
  if (isSimple(text)) return { kind: text }
  return /^[A-Z]$/.test(text) ? { kind: 'parameter', name: text } : opaque(text)
}

type Simple = Exclude<CelType, { kind: 'list' | 'map' | 'optional' | 'type' | 'object' }>['kind']
function isSimple(text: string): text is Exclude<Simple, 'opaque' | 'parameter'> {
  return simple.has(text)
}

/** Whether a value may be passed for a parameter of the type; of a list's elements the first tells. */
export function matches(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'parameter':
      return true
    case 'null_type':
      return value === null
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return typeof value === 'bigint'
    case 'uint':
      return value instanceof Uint
    case 'double':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'timestamp':
      return value instanceof Timestamp
    case 'duration':
      return value instanceof Duration
    case 'list':
      return isList(value) && (value[0] === undefined || matches(value[0], type.element))
    case 'map':
      return value instanceof CelMap
    case 'optional':
      return value instanceof Optional
    case 'type':
      return value instanceof TypeValue
    case 'object':
      return value instanceof CelObject && value.type.name === type.name
    case 'opaque':
      return value instanceof Opaque && value.type === type.name
  }
}

/** Characters, bytes or elements, as cel-go weighs what a function walks through. */
export function sizeOf(value: CelValue | undefined): number {
  if (typeof value === 'string' || value instanceof Uint8Array || isList(value)) return value.length
  if (value instanceof Optional) return sizeOf(value.value)
  if (value instanceof CelObject) return value.fields().length
  return value instanceof CelMap ? value.size : 1
}
