// What is said of the containers of a Pod: amounts, repeated variables, ports that meet, and
// annotations that fields have replaced. In: the spec and the annotations. Out: sentences.

import type { DraftOf } from '../draft.ts'
import type { Container, PodSpec } from '../types.gen.ts'
import { repeatedOf } from '../validation/checks.ts'
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
  if (!limits && !requests) return []
  const place = child(path, 'resources')
  return byteAmounts.flatMap((name) => [
    ...fractionWarnings(limits, name, child(place, 'limits')),
    ...fractionWarnings(requests, name, child(place, 'requests')),
  ])
}

/** Of X after X: fine is only a value that takes the earlier one in, as $(X), and adds to it. */
export function variableWarnings({ container, path }: Placed): string[] {
  const again = repeatedOf(container.env ?? [], ({ name }) => name)
  return again.flatMap(({ element: { name = '', value = '', valueFrom }, index }) => {
    const earlier = `$(${name})`
    if (!valueFrom && value !== earlier && value.includes(earlier)) return []
    const how = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
    return [`${at(child(path, 'env'), index)}: ${how}`]
  })
}

interface PlacedPort {
  readonly port: Port
  readonly path: string
}

/** So many pairs of ports are compared: far more than a head has room to speak of. */
const mostPairs = 10_000

/** Ports of all containers together: they share the Pod's network. */
export function portWarnings(containers: readonly Placed[]): string[] {
  const known = new Map<string, PlacedPort[]>()
  const warnings: string[] = []
  let pairs = 0
  for (const { container, path: place } of containers) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const path = at(child(place, 'ports'), index)
      if (port.hostIP && !port.hostPort) {
        warnings.push(`${path}: hostIP set without hostPort: ${shown(port)}`)
      }
      const key = `${port.containerPort}/${port.protocol}`
      const others = known.get(key) ?? []
      for (const other of others) {
        if (++pairs > mostPairs) return warnings
        const how = meeting(port, other.port)
        if (how) warnings.push(`${path}: ${how} port definition with ${other.path}`)
      }
      others.push({ port, path })
      known.set(key, others)
    }
  }
  return warnings
}

/** How two ports with one number in the Pod meet on the host; undefined where they do not. */
function meeting(port: Port, other: Port): string | undefined {
  const [ownIp, otherIp] = [port.hostIP ?? '', other.hostIP ?? '']
  const [ownPort, otherPort] = [port.hostPort ?? 0, other.hostPort ?? 0]
  if (ownIp === otherIp && ownPort === otherPort) return 'duplicate'
  if (ownPort === 0 || otherPort === 0) return 'overlapping'
  const isOneEmpty = (ownIp === '') !== (otherIp === '')
  return ownPort === otherPort && isOneEmpty ? 'dangerously ambiguous' : undefined
}

/** As upstream's formatter shows its struct. */
function shown({ name = '', hostPort = 0, containerPort, protocol, hostIP }: Port): string {
  const fields = { Name: name, HostPort: hostPort, ContainerPort: containerPort }
  const all = { ...fields, Protocol: protocol, HostIP: hostIP }
  const texts = Object.entries(all).map(([key, value]) => `${key}:${value}`)
  return `{${texts.join(' ')}}`
}
