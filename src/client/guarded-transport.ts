// A transport that writes only while a condition holds: a leader that slept, or was stopped and
// goes on, does not act on what it meant to do before it notices that another leads.

import type { Transport } from './transport.ts'

export class NotSent extends Error {}

export function guardedTransport(transport: Transport, mayWrite: () => boolean): Transport {
  return {
    async send(request) {
      if (request.method !== 'GET' && !mayWrite())
        throw new NotSent('not sent: the lead may be with another by now')
      return transport.send(request)
    },
    close: () => transport.close(),
  }
}
