// Which of the objects a cluster starts with are to be created, and which stored roles and bindings
// have lost something that they need. Pure: running it again on its own result wants nothing.

import { identityOf, type StoredObject } from './stored-object.ts'

export interface BootstrapPlan {
  readonly create: readonly StoredObject[]
  readonly update: readonly StoredObject[]
}

export function bootstrapPlan(
  wanted: readonly StoredObject[],
  observed: readonly StoredObject[],
): BootstrapPlan {
  const stored = new Map(observed.map((object) => [identityOf(object), object]))
  return {
    create: wanted.filter((object) => !stored.has(identityOf(object))),
    update: wanted.flatMap((object) => {
      const current = stored.get(identityOf(object))
      const mended = current && mend(current, object)
      return mended ? [mended] : []
    }),
  }
}

const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate'

/** Rules and subjects are added where they are missing, never removed; an annotation forbids it. */
function mend(current: StoredObject, wanted: StoredObject): StoredObject | undefined {
  if (current.metadata.annotations?.[autoUpdate] !== 'true') return undefined
  const field = wanted.kind.endsWith('Binding') ? 'subjects' : 'rules'
  if (wanted['aggregationRule']) return undefined
  const missing = listOf(wanted[field]).filter((item) => !contains(listOf(current[field]), item))
  if (missing.length === 0) return undefined
  return { ...current, [field]: [...listOf(current[field]), ...missing] }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function contains(list: readonly unknown[], item: unknown): boolean {
  const text = canonical(item)
  return list.some((other) => canonical(other) === text)
}

/** Text equal for equal values whatever the order of their fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, inner]) => `${name}:${canonical(inner)}`).join()}}`
}
