// What is said of the containers of a Pod: amounts, repeated variables, ports that meet, and
// annotations that fields have replaced. In: the spec and the annotations. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { Container, PodSpec } from '../types.gen.ts'
import { at, child } from '../validation/field-path.ts'
import { fractionWarnings } from './claims.ts'

type Spec = DraftOf<PodSpec>
type ContainerDraft = DraftOf<Container>
type Port = NonNullable<ContainerDraft['ports']>[number]

export interface Placed {
  readonly container: ContainerDraft
  readonly path: string
}

/** The containers of every sort, each with its place. */
export function placedContainers(spec: Spec, path: string): readonly Placed[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec
  const sorts = { initContainers, containers, ephemeralContainers }
  return Object.entries(sorts).flatMap(([name, list]) =>
    list.map((container, index) => ({ container, path: at(child(path, name), index) })),
  )
}

const byteAmounts = ['memory', 'ephemeral-storage']

export function amountWarnings({ container, path }: Placed): string[] {
  const { limits, requests } = container.resources ?? {}
  const place = child(path, 'resources')
  if (!limits && !requests) return []
  return byteAmounts.flatMap((name) => [
    ...fractionWarnings(limits, [name], child(place, 'limits')),
    ...fractionWarnings(requests, [name], child(place, 'requests')),
  ])
}

/** Of X after X: fine is only a value that takes the earlier one in, as $(X), and adds to it. */
export function variableWarnings({ container, path }: Placed): string[] {
  const { env = [] } = container
  if (env.length < 2) return []
  const known = new Set<string>()
  return env.flatMap(({ name = '', value = '', valueFrom }, index) => {
    const isFirst = !known.has(name)
    known.add(name)
    const earlier = `$(${name})`
    if (isFirst || (!valueFrom && value !== earlier && value.includes(earlier))) return []
    const how = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
    return [`${at(child(path, 'env'), index)}: ${how}`]
  })
}

interface PlacedPort {
  readonly port: Port
  readonly path: string
}

/** Ports of all containers together: they share the Pod's network. */
export function portWarnings(containers: readonly Placed[]): string[] {
  const known = new Map<string, PlacedPort[]>()
  const warnings: string[] = []
  for (const { container, path: place } of containers) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const path = at(child(place, 'ports'), index)
      if (port.hostIP && !port.hostPort) {
        warnings.push(`${path}: hostIP set without hostPort: ${shown(port)}`)
      }
      const key = `${port.containerPort}/${port.protocol}`
      const others = known.get(key) ?? []
      warnings.push(...others.flatMap((other) => meeting({ port, path }, other)))
      known.set(key, [...others, { port, path }])
    }
  }
  return warnings
}

function meeting({ port, path }: PlacedPort, other: PlacedPort): string[] {
  const [ownIp, otherIp] = [port.hostIP ?? '', other.port.hostIP ?? '']
  const [ownPort, otherPort] = [port.hostPort ?? 0, other.port.hostPort ?? 0]
  const how =
    ownIp === otherIp && ownPort === otherPort
      ? 'duplicate'
      : ownPort === 0 || otherPort === 0
        ? 'overlapping'
        : ownPort === otherPort && (ownIp === '') !== (otherIp === '')
          ? 'dangerously ambiguous'
          : undefined
  return how === undefined ? [] : [`${path}: ${how} port definition with ${other.path}`]
}

/** As upstream's formatter shows its struct. */
function shown({ name = '', hostPort = 0, containerPort, protocol, hostIP }: Port): string {
  const fields = { Name: name, HostPort: hostPort, ContainerPort: containerPort }
  const all = { ...fields, Protocol: protocol, HostIP: hostIP }
  const texts = Object.entries(all).map(([key, value]) => `${key}:${value}`)
  return `{${texts.join(' ')}}`
}
