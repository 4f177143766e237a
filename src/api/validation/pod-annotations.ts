// Annotations of Pods that mean something to Kubernetes itself.

import type { DraftOf } from '../draft.ts'
import { all, type FieldError, forbidden, invalid } from '../field-error.ts'
import type { PodSpec } from '../types.gen.ts'
import { largestInt32 } from './checks.ts'
import { at } from './field-path.ts'

type Annotations = Readonly<Record<string, string | undefined>> | undefined

const mirror = 'kubernetes.io/config.mirror'
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

export function podAnnotationErrors(
  annotations: Annotations,
  spec: DraftOf<PodSpec>,
  path: string,
): FieldError[] {
  const mirrored = annotations?.[mirror]
  const cost = annotations?.[deletionCost]
  return all(
    mirrored !== undefined && !spec.nodeName
      ? [
          invalid(
            at(path, mirror),
            mirrored,
            'must set spec.nodeName if mirror pod annotation is set',
          ),
        ]
      : [],
    cost !== undefined && !isInt32(cost)
      ? [invalid(at(path, deletionCost), cost, 'must be a 32bit integer')]
      : [],
    appArmorErrors(annotations, spec, path),
  )
}

/** No sign of plus, no leading zeros: the same number must have the same text. */
function isInt32(text: string): boolean {
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Math.abs(Number(text)) <= largestInt32
}

function appArmorErrors(
  annotations: Annotations,
  { containers, initContainers }: DraftOf<PodSpec>,
  path: string,
): FieldError[] {
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name)
  return Object.entries(annotations ?? {}).flatMap(([key, profile = '']) => {
    if (!key.startsWith(appArmorPrefix)) return []
    const name = key.slice(appArmorPrefix.length)
    const isKnown = /^($|runtime\/default$|unconfined$|localhost\/)/.test(profile)
    const detail = `invalid AppArmor profile name: ${JSON.stringify(profile)}`
    return all(
      !names.includes(name) ? [invalid(at(path, key), name, 'container not found')] : [],
      !isKnown ? [invalid(at(path, key), profile, detail)] : [],
    )
  })
}

/** Annotations that stay as they were when the Pod was made. */
export function podAnnotationUpdateErrors(
  next: Annotations,
  previous: Annotations,
  path: string,
): FieldError[] {
  const keys = new Set([...Object.keys(next ?? {}), ...Object.keys(previous ?? {})])
  return [...keys].flatMap((key) => {
    if (next?.[key] === previous?.[key]) return []
    const verb = previous?.[key] === undefined ? 'add' : 'remove or update'
    return all(
      key.startsWith(appArmorPrefix)
        ? [forbidden(at(path, key), `may not ${verb} AppArmor annotations`)]
        : [],
      key === mirror ? [forbidden(at(path, key), `may not ${verb} mirror pod annotation`)] : [],
    )
  })
}
