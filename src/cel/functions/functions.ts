// Table: every function of the environment, found by name.

import type { CelFunction } from '../signature.ts'
import { addressFunctions } from './addresses.ts'
import { authorizerFunctions } from './authorizer.ts'
import { conversionFunctions } from './conversions.ts'
import { kubernetesFunctions } from './kubernetes.ts'
import { listExtras } from './list-extras.ts'
import { listFunctions } from './lists.ts'
import { operators } from './operators.ts'
import { stringFunctions } from './strings.ts'

const all: readonly CelFunction[] = [
  ...operators,
  ...conversionFunctions,
  ...stringFunctions,
  ...listFunctions,
  ...listExtras,
  ...kubernetesFunctions,
  ...addressFunctions,
  ...authorizerFunctions,
]

const byName = Map.groupBy(all, ({ name }) => name)

/** The overloads of a name; empty where there is no such function. */
export function functionsNamed(name: string): readonly CelFunction[] {
  return byName.get(name) ?? []
}
