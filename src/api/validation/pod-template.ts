// The template of Pods in controllers.

import type { DraftOf } from '../draft.ts'
import { all, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { matchesLabels, rulesIfValid } from '../selector/label.ts'
import type { LabelSelector, PodTemplateSpec } from '../types.gen.ts'
import { child } from './field-path.ts'
import { annotationsErrors, labelsErrors } from './metadata.ts'
import { podAnnotationErrors } from './pod-annotations.ts'
import { podSpecErrors } from './pod-spec.ts'

type Template = DraftOf<PodTemplateSpec>

export function podTemplateErrors(template: Template, path: string): FieldError[] {
  const { metadata, spec = {} } = template
  return all(
    labelsErrors(metadata?.labels, child(path, 'labels')),
    annotationsErrors(metadata?.annotations, child(path, 'annotations')),
    podAnnotationErrors(metadata?.annotations, spec, child(path, 'annotations')),
    podSpecErrors(spec, child(path, 'spec'), { podName: undefined }),
    spec.ephemeralContainers?.length
      ? [
          forbidden(
            child(path, 'spec', 'ephemeralContainers'),
            'ephemeral containers not allowed in pod template',
          ),
        ]
      : [],
  )
}

type Selector = DraftOf<LabelSelector>

/** The Pods made from the template must be those that the selector finds. */
export function selectedTemplateErrors(
  template: Template | undefined,
  selector: Selector | null | undefined,
  path: string,
): FieldError[] {
  if (!template) return [required(path)]
  const rules = rulesIfValid(selector)
  if (!rules) return [invalid(ownerOf(path, 'selector'), selector, 'invalid label selector')]
  return all(mismatchErrors(template, selector, path), podTemplateErrors(template, path))
}

/** A selector that is not there finds nothing; one that is not well formed is not asked. */
export function mismatchErrors(
  { metadata }: Template,
  selector: Selector | null | undefined,
  path: string,
): FieldError[] {
  const rules = rulesIfValid(selector)
  const labels = metadata?.labels
  const isEmpty = selector && !selector.matchLabels && !selector.matchExpressions
  const isMissed = !selector || (rules && !isEmpty && !matchesLabels(rules, labels))
  const detail = '`selector` does not match template `labels`'
  return isMissed ? [invalid(child(path, 'metadata', 'labels'), labels ?? null, detail)] : []
}

/** A field beside the one at `path`. */
function ownerOf(path: string, field: string): string {
  return child(path.split('.').slice(0, -1).join('.'), field)
}

/** Pods of controllers that run for ever restart always and have no deadline. */
export function lastingTemplateErrors(
  template: Template | undefined,
  path: string,
  kind: string,
): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  const detail = `activeDeadlineSeconds in ${kind} is not Supported`
  return all(
    restartPolicy !== 'Always'
      ? [notSupported(child(path, 'spec', 'restartPolicy'), restartPolicy ?? '', ['Always'])]
      : [],
    activeDeadlineSeconds !== undefined
      ? [forbidden(child(path, 'spec', 'activeDeadlineSeconds'), detail)]
      : [],
  )
}
