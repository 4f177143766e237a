// What a Pod's spec says of its containers: which there are, in which order, of which sort.

import type { Container, Pod } from '../../api/types.gen.ts'

export type ContainerSort = 'init' | 'sidecar' | 'regular' | 'ephemeral'

export interface SpecContainer {
  readonly sort: ContainerSort
  readonly container: Container
  /** Only of an ephemeral container: whose processes it wants to see. */
  readonly target?: string
}

/** Every container in the order of starting; ephemeral ones last. */
export function specContainers({ spec }: Pod): readonly SpecContainer[] {
  return [
    ...(spec.initContainers ?? []).map((container) => ({
      sort: isSidecar(container) ? ('sidecar' as const) : ('init' as const),
      container,
    })),
    ...spec.containers.map((container) => ({ sort: 'regular' as const, container })),
    ...(spec.ephemeralContainers ?? []).map((container) => ({
      sort: 'ephemeral' as const,
      container,
      ...(container.targetContainerName && { target: container.targetContainerName }),
    })),
  ]
}

export function specContainer(pod: Pod, name: string): SpecContainer | undefined {
  return specContainers(pod).find(({ container }) => container.name === name)
}

/** KEP-753: an init container that is restarted always runs beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** namespace, name and uid as upstream's messages show a Pod: web_default(6f1c...). */
export function podText({ metadata }: Pod): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
}

/** Which field of the Pod an event about a container points at. */
export function containerFieldPath(pod: Pod, name: string): string | undefined {
  const sort = specContainer(pod, name)?.sort
  if (!sort) return undefined
  const list = { init: 'initContainers', sidecar: 'initContainers', regular: 'containers' }
  return `spec.${sort === 'ephemeral' ? 'ephemeralContainers' : list[sort]}{${name}}`
}
