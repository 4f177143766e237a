// What a LimitRange gives containers that ask for nothing. Changes the Pod in place and notes it
// in an annotation, as upstream does.

import type { DraftOf } from '../../api/draft.ts'
import type { Container, LimitRangeItem, Pod } from '../../api/types.gen.ts'

const annotation = 'kubernetes.io/limit-ranger'

export function addContainerDefaults(pod: DraftOf<Pod>, item: LimitRangeItem): void {
  const spec = (pod.spec ??= {})
  const notes = [
    ...(spec.containers ?? []).flatMap((container) => notesOf(container, item, 'container')),
    ...(spec.initContainers ?? []).flatMap((container) =>
      notesOf(container, item, 'init container'),
    ),
  ]
  if (notes.length === 0) return
  const annotations = {
    ...pod.metadata?.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
  pod.metadata = { ...pod.metadata, annotations }
}

function notesOf(container: DraftOf<Container>, item: LimitRangeItem, what: string): string[] {
  const requests = merge(container, 'requests', item.defaultRequest ?? {})
  const limits = merge(container, 'limits', item.default ?? {})
  return [
    ...(requests.length > 0
      ? [`${requests.join(', ')} request for ${what} ${container.name}`]
      : []),
    ...(limits.length > 0 ? [`${limits.join(', ')} limit for ${what} ${container.name}`] : []),
  ]
}

/** Sets what is missing; returns the names that were set, sorted. */
function merge(
  container: DraftOf<Container>,
  amounts: 'requests' | 'limits',
  defaults: Readonly<Record<string, string>>,
): string[] {
  const own = container.resources?.[amounts] ?? {}
  const missing = Object.keys(defaults).filter((name) => own[name] === undefined)
  if (missing.length === 0) return []
  const added = Object.fromEntries(missing.map((name) => [name, defaults[name]]))
  container.resources = { ...container.resources, [amounts]: { ...own, ...added } }
  return missing.toSorted()
}
