// How many seats a request takes: one, and a list one for every hundred objects that it reads, up to
// ten. Source: apiserver's work estimator for lists. The number of objects is what was there lately.

import type { ServerRequest } from '../request.ts'

const objectsPerSeat = 100
const mostSeats = 10

/** Objects of a resource, by group and plural; undefined: not known. */
export type ObjectCounts = (group: string, resource: string) => number | undefined

export function seatsOf({ info, query }: ServerRequest, counts: ObjectCounts): number {
  if (info.verb !== 'list' || info.name !== '') return 1
  const stored = counts(info.group, info.resource) ?? 0
  if (stored <= objectsPerSeat) return 1
  const asked = Number(query.get('limit') ?? 0)
  const read = asked > 0 ? Math.min(asked, stored) : stored
  return Math.min(mostSeats, Math.max(1, Math.ceil(read / objectsPerSeat)))
}
