// Which requests are streams: they end when somebody wants, not when they are done.

import type { RequestInfo } from '../request.ts'

/** Subresources that are connections, not objects. */
export function isStream(subresource: string): boolean {
  return streams.has(subresource)
}

const streams = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

export function isLongRunning({ verb, subresource }: RequestInfo, query: URLSearchParams): boolean {
  if (subresource === 'log') return query.has('follow')
  return verb === 'watch' || verb === 'proxy' || streams.has(subresource)
}
