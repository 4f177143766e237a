// What the expressions of a policy may name, and what a request binds it to. Variables of the
// policy are evaluated when they are first used, once a request.

import type { Variable } from '../../../api/types.gen.ts'
import { compileCel, issuesText } from '../../../cel/cel.ts'
import { CelError, CostError, type Declarations, type Program } from '../../../cel/program.ts'
import { type CelType, dyn, type ObjectType, objectType, string } from '../../../cel/types.ts'
import { CelObject, type CelValue } from '../../../cel/values.ts'
import { type Bindings, requestDeclarations } from '../matching/cel-request.ts'
import { costPerExpression } from '../matching/conditions.ts'

/** A compiled expression, or why it cannot be run. */
export type Compiled = Program | string

export interface Environment {
  readonly declarations: Declarations
  /** Each expression once; an environment lives as long as its policy stays as it is. */
  compile(expression: string): Compiled
  /** With `variables` bound as the policy defines them. */
  bind(bindings: Bindings): Bindings
}

const patchType = objectType('JSONPatch', { op: string, path: string, from: string, value: dyn })

/** `Object{…}` and `Object.spec{…}` take any field: the patch is checked when it is applied. */
function typeNamed(name: string): ObjectType | undefined {
  if (name === 'JSONPatch') return patchType
  if (name !== 'Object' && !name.startsWith('Object.')) return undefined
  return { kind: 'object', name, field: () => dyn }
}

/** What is known of the objects, where expressions are only checked. */
export interface KnownTypes {
  readonly object?: CelType | undefined
  readonly params?: CelType | undefined
  /** False: the policy takes none, and its expressions cannot name them. */
  readonly hasParams?: boolean
}

export function createEnvironment(
  variables: readonly Variable[] = [],
  { object = dyn, params = dyn, hasParams = true }: KnownTypes = {},
): Environment {
  const types: Record<string, CelType> = {}
  const variablesType = objectType('kubernetes.variables', types)
  const declarations: Declarations = {
    typeNamed,
    variables: {
      ...requestDeclarations.variables,
      ...{ object, oldObject: object, ...(hasParams && { params }) },
      namespaceObject: dyn,
      variables: variablesType,
    },
  }
  const compile = (expression: string): Compiled => {
    const compiled = compileCel(expression, declarations)
    return 'errors' in compiled ? `compilation failed: ${issuesText(compiled.errors)}` : compiled
  }
  const programs = new Map<string, Compiled>()
  // In order: a variable sees those before it.
  for (const { name, expression } of variables) {
    const program = compile(expression)
    programs.set(name, program)
    types[name] = typeof program === 'string' ? dyn : program.resultType
  }
  // Not shared with the variables above, which were compiled while fewer of them were known.
  const compiled = new Map<string, Compiled>()
  return {
    declarations,
    compile(expression) {
      const known = compiled.get(expression)
      if (known !== undefined) return known
      const made = compile(expression)
      compiled.set(expression, made)
      return made
    },
    bind(bindings) {
      const bound: Bindings = {
        ...bindings,
        get variables() {
          return values
        },
      }
      const values = new Variables(variablesType, (name) => run(programs.get(name) ?? '', bound))
      return bound
    },
  }
}

class Variables extends CelObject {
  readonly #evaluate: (name: string) => CelValue
  readonly #known = new Map<string, CelValue>()

  constructor(type: ObjectType, evaluate: (name: string) => CelValue) {
    super(type)
    this.#evaluate = evaluate
  }

  override get(name: string): CelValue {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    try {
      const value = this.#evaluate(name)
      this.#known.set(name, value)
      return value
    } catch (error) {
      if (!(error instanceof CelError) || error instanceof CostError) throw error
      throw new CelError(`composited variable "${name}" fails to evaluate: ${error.message}`)
    }
  }

  override fields(): string[] {
    return []
  }
}

/** Throws CelError. */
export function run(program: Compiled, bindings: Bindings): CelValue {
  if (typeof program === 'string') throw new CelError(program)
  return program.evaluate(bindings, { costLimit: costPerExpression })
}
