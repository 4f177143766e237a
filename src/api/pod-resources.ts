// What the containers of a Pod ask for together: their sum, or the most that one step of its
// start needs. Source: component-helpers/resource. In: a Pod's spec. Out: a resource list.

import { ownOf } from './draft.ts'
import { addQuantities, compareQuantities } from './quantity.ts'

export type ResourceList = Record<string, string>
type AmountsOf = Readonly<Record<string, string | undefined>>

/** What is read of a container, in a Pod as it is stored or as it is being prepared. */
interface Asking {
  readonly restartPolicy?: string | undefined
  readonly resources?:
    | { readonly requests?: AmountsOf | undefined; readonly limits?: AmountsOf | undefined }
    | undefined
}
interface Spec {
  readonly containers?: readonly Asking[] | undefined
  readonly initContainers?: readonly Asking[] | undefined
}
type Amounts = 'requests' | 'limits'

/**
 * Containers run together; init containers one after the other, beside those sidecars (init
 * containers with restartPolicy Always) that were started before them.
 */
export function aggregateContainers(spec: Spec, amounts: Amounts): ResourceList {
  const total = sumOf((spec.containers ?? []).map((container) => amountsOf(container, amounts)))
  let sidecars: ResourceList = {}
  let starting: ResourceList = {}
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container, amounts)
    if (container.restartPolicy === 'Always') {
      sidecars = sumOf([sidecars, own])
      starting = mostOf(starting, sidecars)
    } else starting = mostOf(starting, sumOf([sidecars, own]))
  }
  return mostOf(sumOf([total, sidecars]), starting)
}

function amountsOf(container: Asking, amounts: Amounts): ResourceList {
  const list = container.resources?.[amounts] ?? {}
  return Object.fromEntries(Object.entries(list).map(([name, amount = '0']) => [name, amount]))
}

function sumOf(lists: readonly ResourceList[]): ResourceList {
  const sum: ResourceList = {}
  for (const list of lists) {
    for (const [name, amount] of Object.entries(list)) {
      const before = ownOf(sum, name)
      sum[name] = before === undefined ? amount : addQuantities(before, amount)
    }
  }
  return sum
}

function mostOf(a: ResourceList, b: ResourceList): ResourceList {
  const most: ResourceList = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const present = ownOf(most, name)
    if (present === undefined || compareQuantities(amount, present) > 0) most[name] = amount
  }
  return most
}
