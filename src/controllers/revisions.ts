// ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, numbered.

import { controllerReference, type KubeObject } from '../api/meta.ts'
import type { ControllerRevision, PodTemplateSpec } from '../api/types.gen.ts'
import { create, deleteObject, update, type Write } from '../client/plan.ts'
import { canonicalText, isSame, templateHash } from './template-hash.ts'

export const revisionHashLabel = 'controller-revision-hash'

/** Where a revision has the hash of its template, by who owns it. */
const hashLabels: Readonly<Record<string, string>> = {
  DaemonSet: revisionHashLabel,
  StatefulSet: 'controller.kubernetes.io/hash',
}

export interface RevisionPlan {
  /** The revision of the template as it is now. */
  readonly latest: ControllerRevision
  /** What makes it so; undefined where it is there already. */
  readonly write: Write | undefined
  /** The name was taken by another template: the status counts it, and the next hash is tried. */
  readonly hasCollision: boolean
}

export interface RevisionOptions {
  readonly owner: KubeObject
  readonly template: PodTemplateSpec
  readonly revisions: readonly ControllerRevision[]
  readonly collisionCount: number
}

export function planRevision(options: RevisionOptions): RevisionPlan {
  const { owner, template, collisionCount } = options
  const revisions = options.revisions.toSorted((a, b) => a.revision - b.revision)
  const newest = revisions.at(-1)
  const next = (newest?.revision ?? 0) + 1
  const equal = revisions.findLast((each) => isSame(templateOf(each), template))
  if (equal) {
    const isNewest = equal === newest
    const latest = isNewest ? equal : { ...equal, revision: next }
    const write = isNewest ? undefined : update('ControllerRevision', latest)
    return { latest, write, hasCollision: false }
  }
  const hash = templateHash(template, collisionCount)
  const { name, namespace } = owner.metadata
  const latest: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace && { namespace }),
      labels: { ...template.metadata?.labels, [hashLabels[owner.kind] ?? revisionHashLabel]: hash },
      ...(owner.metadata.annotations && { annotations: owner.metadata.annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    // Clients that look for the current one compare bytes.
    data: JSON.parse(canonicalText({ spec: { template: { ...template, $patch: 'replace' } } })),
    revision: next,
  }
  const hasCollision = revisions.some(({ metadata }) => metadata.name === latest.metadata.name)
  return { latest, write: create('ControllerRevision', latest), hasCollision }
}

/** The template that a revision keeps; `as`: its data is what planRevision put there. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } }
  const { $patch: _, ...template } = spec?.template ?? {}
  return template
}

/** Revisions beyond the limit that no Pod runs and no status names, the oldest first. */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
  limit: number,
): readonly Write[] {
  const unused = revisions
    .filter(({ metadata }) => !inUse.has(metadata.name))
    .toSorted((a, b) => a.revision - b.revision)
  return unused
    .slice(0, Math.max(0, unused.length - limit))
    .map((revision) => deleteObject('ControllerRevision', revision))
}
