// The parts of a Pod that have endpoints of their own: ephemeral containers and a resize.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { all, type FieldError, forbidden, invalid } from '../field-error.ts'
import { qosClassOf } from '../qos.ts'
import { compareQuantities } from '../quantity.ts'
import type { Container, Pod } from '../types.gen.ts'
import { each } from './checks.ts'
import { at, child } from './field-path.ts'

type PodDraft = DraftOf<Pod>

const mirror = 'kubernetes.io/config.mirror'

/** Ephemeral containers can be added, nothing else. */
export function ephemeralUpdateErrors(next: PodDraft, previous: PodDraft): FieldError[] {
  if (previous.metadata?.annotations?.[mirror] !== undefined) {
    return [forbidden('', 'static pods do not support ephemeral containers')]
  }
  const path = 'spec.ephemeralContainers'
  return (previous.spec?.ephemeralContainers ?? []).flatMap((old) => {
    const now = next.spec?.ephemeralContainers?.find(({ name }) => name === old.name)
    const start = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`
    if (!now) return [forbidden(path, `${start} removed\n`)]
    return !isSameMeaning(old, now) ? [forbidden(path, `${start} changed\n`)] : []
  })
}

/** A resize changes the cpu and memory of running containers, within the same class. */
export function resizeErrors(next: PodDraft, previous: PodDraft): FieldError[] {
  const problem = unresizable(next, previous)
  if (problem !== undefined) return [forbidden('', problem)]
  const before = previous.spec ?? {}
  const isSameClass = qosClassOf(before) === qosClassOf(next.spec ?? {})
  const detail = 'Pod QOS Class may not change as a result of resizing'
  return all(
    !isSameClass ? [invalid('spec', next.status?.qosClass, detail)] : [],
    containersResizeErrors(next, previous, 'initContainers'),
    containersResizeErrors(next, previous, 'containers'),
  )
}

function unresizable(next: PodDraft, previous: PodDraft): string | undefined {
  if (previous.metadata?.annotations?.[mirror] !== undefined) return 'static pods cannot be resized'
  if (previous.spec?.os?.name === 'windows') return 'windows pods cannot be resized'
  const hasOwn = [next, previous].some(
    ({ spec }) => spec?.resources?.requests || spec?.resources?.limits,
  )
  return hasOwn ? 'pods with pod-level resources cannot be resized' : undefined
}

function containersResizeErrors(
  next: PodDraft,
  previous: PodDraft,
  name: 'containers' | 'initContainers',
): FieldError[] {
  return each(previous.spec?.[name], `spec.${name}`, (old, path, index) => {
    const now = next.spec?.[name]?.[index]
    if (!now || isSameMeaning(now.resources, old.resources)) return []
    if (name === 'initContainers' && old.restartPolicy !== 'Always') {
      return [forbidden('spec', 'resources for non-sidecar init containers are immutable')]
    }
    return all(amountErrors(now, old, child(path, 'resources')), otherErrors(now, old, name))
  })
}

function amountErrors(
  now: DraftOf<Container>,
  old: DraftOf<Container>,
  path: string,
): FieldError[] {
  const kinds = ['requests', 'limits'] as const
  const removed = kinds.flatMap((kind) => {
    const isRemoved = Object.keys(old.resources?.[kind] ?? {}).some(
      (name) => now.resources?.[kind]?.[name] === undefined,
    )
    return isRemoved ? [forbidden(child(path, kind), `resource ${kind} cannot be removed`)] : []
  })
  return all(removed, memoryLimitErrors(now, old, at(child(path, 'limits'), 'memory')))
}

function memoryLimitErrors(
  now: DraftOf<Container>,
  old: DraftOf<Container>,
  path: string,
): FieldError[] {
  const policy = now.resizePolicy?.find(({ resourceName }) => resourceName === 'memory')
  if (policy?.restartPolicy === 'RestartContainer') return []
  const limit = now.resources?.limits?.['memory']
  const before = old.resources?.limits?.['memory']
  if (limit === undefined) return []
  const verb = before === undefined ? 'added' : 'decreased'
  const isTighter = before === undefined || compareQuantities(limit, before) < 0
  const detail = `memory limits cannot be ${verb} unless resizePolicy is RestartContainer`
  return isTighter ? [forbidden(path, detail)] : []
}

function otherErrors(
  now: DraftOf<Container>,
  old: DraftOf<Container>,
  name: 'containers' | 'initContainers',
): FieldError[] {
  const others = ({ resources }: DraftOf<Container>) =>
    [resources?.requests, resources?.limits].map((list) =>
      Object.fromEntries(
        Object.entries(list ?? {}).filter(([key]) => key !== 'cpu' && key !== 'memory'),
      ),
    )
  const whose = name === 'initContainers' ? ' for sidecar containers' : ''
  const detail = `only cpu and memory resources${whose} are mutable`
  return !isSameMeaning(others(now), others(old)) ? [forbidden('spec', detail)] : []
}
