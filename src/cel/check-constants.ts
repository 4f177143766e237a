// Constants that can never be right: durations, timestamps and patterns that cannot be read are
// mistakes of the expression, not failures of running it. Words: cel-go's validators.

import type { Ast } from './ast.ts'
import type { Compiler } from './compiler.ts'
import { patternOf } from './pattern.ts'
import { CelError } from './program.ts'
import { parseDuration, parseTimestamp, timestampOf } from './time.ts'
import type { CelValue } from './values.ts'

type Call = Extract<Ast, { node: 'call' }>

/** The function's last argument, and what reads it. */
const readers: Readonly<Record<string, (value: CelValue) => void>> = {
  duration: (value) => void (typeof value === 'string' && parseDuration(value)),
  timestamp: readTimestamp,
  matches: (value) => void (typeof value === 'string' && patternOf(value)),
}

function readTimestamp(value: CelValue): void {
  if (typeof value === 'string') parseTimestamp(value)
  else if (typeof value === 'bigint') timestampOf(value * 1_000_000_000n)
}

export function checkConstants({ note }: Compiler, { name, args }: Call): void {
  const isSearch = name === 'find' || name === 'findAll'
  const argument = isSearch ? args[0] : args.at(-1)
  const read = isSearch ? readers['matches'] : Object.hasOwn(readers, name) && readers[name]
  if (argument?.node !== 'literal' || !read) return
  try {
    read(argument.value)
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    note(argument.at, isSearch ? error.message : `invalid ${name} argument`)
  }
}
