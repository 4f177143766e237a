// What a failure of the store is to a client.

import { StatusError } from '../../api/status-error.ts'
import { StoreClosed, StoreFull } from '../../store/store.ts'

/** Every other error stays what it is. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof StoreFull) {
    return new StatusError('InternalError', `Internal error occurred: ${error.message}`)
  }
  if (error instanceof StoreClosed) {
    return new StatusError('ServiceUnavailable', 'the server is shutting down', {
      retryAfterSeconds: 1,
    })
  }
  return error
}
