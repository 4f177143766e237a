// Plan: flow control's own objects as they must be. The mandatory ones are put back whatever happens;
// the suggested ones while an annotation lets them be kept up to date. Source: apiserver's
// flowcontrol bootstrap.

import { isSameMeaning } from '../../api/draft.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types.gen.ts'
import type { StoredObject } from '../bootstrap/stored-object.ts'

const autoUpdate = 'apf.kubernetes.io/autoupdate-spec'
const mandatory = new Set(['exempt', 'catch-all'])

export function isMandatory({ metadata }: StoredObject): boolean {
  return mandatory.has(metadata.name)
}

/** What to write so that the object is as wanted: with a resourceVersion to replace; undefined: it is. */
export function mended(
  wanted: StoredObject,
  current: FlowSchema | PriorityLevelConfiguration | undefined,
): StoredObject | undefined {
  if (!current) return wanted
  const isKept = current.metadata.annotations?.[autoUpdate] === 'true'
  if (!isKept && !isMandatory(wanted)) return undefined
  const spec = wantedSpec(wanted, current)
  return isSameMeaning(spec, current.spec) ? undefined : { ...current, spec }
}

/** Administrators may give the exempt level shares of its own. */
function wantedSpec({ spec }: StoredObject, current: FlowSchema | PriorityLevelConfiguration) {
  const isExemptLevel =
    current.kind === 'PriorityLevelConfiguration' && current.metadata.name === 'exempt'
  return isExemptLevel && current.spec.exempt
    ? { ...Object(spec), exempt: current.spec.exempt }
    : spec
}
