// Checks a syntax tree against the declarations and turns it into closures, in one walk.
// A mistake is noted and its place taken as dyn, so that one walk finds them all.

import type { Ast } from './ast.ts'
import { checkConstants } from './check-constants.ts'
import { compileBinding, compileElse } from './compile-binding.ts'
import { checkLiterals } from './compile-literals.ts'
import { compileLogic } from './compile-logic.ts'
import { compileLoop } from './compile-loop.ts'
import { compileSelect } from './compile-select.ts'
import { functionsNamed } from './functions/functions.ts'
import { SyntaxProblem } from './lexer.ts'
import { CelError, type Declarations } from './program.ts'
import { type Checked, type Code, type Frame, folded, type Scope } from './scope.ts'
import { type CelFunction, matches } from './signature.ts'
import { type CelType, dyn, typeOf, typeText } from './types.ts'
import { isAssignable, resolve } from './unify.ts'
import { type CelValue, TypeValue, Uint } from './values.ts'

export interface Compiler {
  readonly declarations: Declarations
  /** The declared variables that were named so far. */
  readonly references: Set<string>
  /** What was found out about each part of the tree; for estimates of cost. */
  readonly types: Map<Ast, CelType>
  readonly overloads: Map<Ast, readonly CelFunction[]>
  /** Selections that are one name with dots. */
  readonly names: Set<Ast>
  compile(ast: Ast, scope: Scope): Checked
  /** A mistake, at an offset of the source. */
  note(at: number, message: string): void
}

export interface Mistake {
  readonly at: number
  readonly message: string
}

/** Closures nest as deeply as the tree, and so does the stack when they run. */
const mostDepth = 500

export function createCompiler(declarations: Declarations, mistakes: Mistake[]): Compiler {
  let depth = 0
  const compiler: Compiler = {
    declarations,
    references: new Set(),
    types: new Map(),
    overloads: new Map(),
    names: new Set(),
    compile(ast, scope) {
      if (depth >= mostDepth) throw new SyntaxProblem(ast.at, 'expression is nested too deeply')
      depth++
      const checked = compileNode(compiler, ast, scope)
      compiler.types.set(ast, checked.type)
      depth--
      return checked
    },
    note: (at, message) => void mistakes.push({ at, message }),
  }
  return compiler
}

const wrong: Checked = {
  type: dyn,
  code: () => {
    throw new CelError('expression has mistakes')
  },
}

function compileNode(compiler: Compiler, ast: Ast, scope: Scope): Checked {
  switch (ast.node) {
    case 'literal': {
      const { value } = ast
      return { type: literalType(value), code: () => value, constant: value }
    }
    case 'name':
      return compileName(compiler, ast, scope)
    case 'select':
      return namedPath(compiler, ast, scope) ?? compileSelect(compiler, ast, scope)
    case 'call':
      return (
        compileLogic(compiler, ast, scope) ??
        compileElse(compiler, ast, scope) ??
        compileCall(compiler, ast, scope)
      )
    case 'loop':
      return compileLoop(compiler, ast, scope)
    case 'binding':
      return compileBinding(compiler, ast, scope)
    default:
      return checkLiterals(compiler, ast, scope)
  }
}

function literalType(value: CelValue): CelType {
  if (value === null) return { kind: 'null_type' }
  if (typeof value === 'boolean') return { kind: 'bool' }
  if (typeof value === 'bigint') return { kind: 'int' }
  if (typeof value === 'number') return { kind: 'double' }
  if (typeof value === 'string') return { kind: 'string' }
  if (value instanceof Uint) return { kind: 'uint' }
  return value instanceof Uint8Array ? { kind: 'bytes' } : dyn
}

function compileName(
  compiler: Compiler,
  { name, at }: Extract<Ast, { node: 'name' }>,
  { locals }: Scope,
): Checked {
  const slot = locals.findLastIndex((local) => local.name === name)
  const local = locals[slot]
  if (local) {
    return {
      type: local.type,
      code: (frame) => {
        frame.meter.spend(1)
        return frame.locals[slot] ?? null
      },
    }
  }
  const named = declared(compiler, name) ?? typeValue(name)
  if (named) return named
  compiler.note(at, `undeclared reference to '${name}' (in container '')`)
  return wrong
}

function declared({ declarations, references }: Compiler, name: string): Checked | undefined {
  const { variables } = declarations
  const type = Object.hasOwn(variables, name) ? variables[name] : undefined
  if (!type) return undefined
  references.add(name)
  return {
    type,
    code: (frame) => {
      frame.meter.spend(1)
      return frame.variable(name)
    },
  }
}

const typeNames: ReadonlySet<string> = new Set(
  'bool int uint double string bytes list map null_type type optional_type google.protobuf.Timestamp google.protobuf.Duration net.IP net.CIDR kubernetes.URL kubernetes.Quantity kubernetes.Semver'.split(
    ' ',
  ),
)

function typeValue(name: string): Checked | undefined {
  if (!typeNames.has(name)) return undefined
  const value = new TypeValue(name)
  return { type: typeOf(dyn), code: () => value }
}

function namedPath(compiler: Compiler, ast: Ast, scope: Scope): Checked | undefined {
  const named = pathNamed(compiler, ast, scope)
  if (named) compiler.names.add(ast)
  return named
}

/** A variable or type whose name has dots: authorizer.requestResource. */
function pathNamed(compiler: Compiler, ast: Ast, { locals }: Scope): Checked | undefined {
  const path = dottedPath(ast)
  if (path === undefined || locals.some(({ name }) => path.startsWith(`${name}.`))) return undefined
  return declared(compiler, path) ?? typeValue(path)
}

/** `optional` of optional.of(…), `math` of math.max(…): a path of plain names. */
function dottedPath(ast: Ast | undefined): string | undefined {
  if (ast?.node === 'name') return ast.name
  if (ast?.node !== 'select' || ast.isOptional || ast.isTest) return undefined
  const before = dottedPath(ast.of)
  return before === undefined ? undefined : `${before}.${ast.field}`
}

function compileCall(
  compiler: Compiler,
  call: Extract<Ast, { node: 'call' }>,
  scope: Scope,
): Checked {
  const { name, target, args, at } = call
  const path = dottedPath(target)
  const isVariable = path !== undefined && isVisible(compiler, scope, path.split('.')[0] ?? '')
  const qualified = path !== undefined && !isVariable ? functionsNamed(`${path}.${name}`) : []
  const isGlobal = !target || qualified.length > 0
  const operands = isGlobal || !target ? args : [target, ...args]
  const inner = name === 'format' ? { ...scope, isMixed: true } : scope
  const checked = operands.map((operand) => compiler.compile(operand, inner))
  const overloads = isGlobal && target ? qualified : functionsNamed(name)
  const usable = overloads.filter(({ isMember }) => isMember !== isGlobal)
  if (overloads.length === 0) {
    compiler.note(at, `undeclared reference to '${name}' (in container '')`)
    return wrong
  }
  const types = checked.map(({ type }) => type)
  const resolved = resolve(usable, types)
  if (!resolved) {
    compiler.note(at, noOverload(name, types, isGlobal))
    return wrong
  }
  const codes = checked.map(({ code }) => code)
  const { candidates, result } = resolved
  compiler.overloads.set(call, candidates)
  checkConstants(compiler, call)
  if (isFreeLookUp(name, args[1], checked[1])) {
    return { type: result, code: (frame) => runFree(candidates, valuesOf(frame, codes)) }
  }
  const made: Checked = {
    type: result,
    code: (frame) => run(frame, candidates, valuesOf(frame, codes)),
  }
  const isConstant = typeConversions.has(name) && checked.every(isKnown)
  return isConstant ? folded(made) : made
}

const valuesOf = (frame: Frame, codes: readonly Code[]) => codes.map((code) => code(frame))
const isKnown = ({ constant }: Checked) => constant !== undefined

/** Of constants these are made ahead of time. */
const typeConversions: ReadonlySet<string> = new Set(
  'bool bytes double duration dyn int string timestamp type uint'.split(' '),
)

/** cel-go counts one for `list[name]`, and nothing for looking into a list of constants. */
function isFreeLookUp(name: string, operand: Ast | undefined, checked: Checked | undefined) {
  if (name === '_[_]') return operand?.node === 'name'
  return name === '@in' && checked !== undefined && isKnown(checked)
}

function isVisible({ declarations }: Compiler, { locals }: Scope, name: string): boolean {
  return Object.hasOwn(declarations.variables, name) || locals.some((local) => local.name === name)
}

export function noOverload(name: string, types: readonly CelType[], isGlobal = true): string {
  const texts = types.map(typeText)
  const [receiver, ...rest] = texts
  const applied = isGlobal ? `(${texts.join(', ')})` : `${receiver}.(${rest.join(', ')})`
  return `found no matching overload for '${name}' applied to '${applied}'`
}

/** The overload is chosen again by the values: declared types may be dyn. */
function run(frame: Frame, candidates: readonly CelFunction[], values: CelValue[]): CelValue {
  const candidate = fitting(candidates, values)
  frame.meter.spend(candidate.cost?.(values) ?? 1)
  return attempted(candidate, values)
}

function runFree(candidates: readonly CelFunction[], values: CelValue[]): CelValue {
  return attempted(fitting(candidates, values), values)
}

function fitting(candidates: readonly CelFunction[], values: readonly CelValue[]): CelFunction {
  for (const candidate of candidates) {
    const { parameters, isUnguarded } = candidate
    const isFitting = parameters.every((type, at) => matches(values[at] ?? null, type))
    if (isUnguarded || isFitting) return candidate
  }
  throw new CelError('no such overload')
}

/** What JavaScript refuses, such as a text beyond its limits, is a failure of the expression. */
function attempted(candidate: CelFunction, values: readonly CelValue[]): CelValue {
  try {
    return candidate.run(values)
  } catch (error) {
    if (error instanceof RangeError || error instanceof URIError) throw new CelError(error.message)
    throw error
  }
}

/** Throws unless a value is what an expression at its place has to be. */
export function expectBool(value: CelValue): boolean {
  if (typeof value === 'boolean') return value
  throw new CelError('no such overload')
}

export function isBool(type: CelType): boolean {
  return isAssignable({ kind: 'bool' }, type)
}
