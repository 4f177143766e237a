// A Pod made from a template, controlled by its owner.

import { controllerReference, type KubeObject } from '../api/meta.ts'
import type { ObjectMeta, Pod, PodTemplateSpec } from '../api/types.gen.ts'

/** The server chooses the name: OWNER-xxxxx. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  const { namespace, name } = owner.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace && { namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec ?? { containers: [] },
  }
}

/** A template's metadata has no name, whatever the type of metadata says. */
export function withLabels(
  template: PodTemplateSpec,
  labels: Readonly<Record<string, string>>,
): PodTemplateSpec {
  return { ...template, metadata: { ...template.metadata, labels } as ObjectMeta }
}
