// What a failure of the store is to a client.

import { StatusError } from '../../api/status-error.ts'
import { StoreClosed, StoreFull, StoreUnavailable, TooLarge } from '../../store/store.ts'
import { Unreadable } from '../encryption/unreadable.ts'

/** Every other error stays what it is. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof StoreFull) {
    return new StatusError('InternalError', `Internal error occurred: ${error.message}`)
  }
  if (error instanceof Unreadable) {
    const { message } = error
    return new StatusError('InternalError', `Internal error occurred: ${message}`, {
      causes: [{ message }],
    })
  }
  if (error instanceof TooLarge) {
    return new StatusError('RequestEntityTooLarge', `Request entity too large: ${error.message}`)
  }
  if (error instanceof StoreClosed) {
    return new StatusError('ServiceUnavailable', 'the server is shutting down', {
      retryAfterSeconds: 1,
    })
  }
  // As upstream where etcd gives no answer in time; nothing is said about when to try again, since
  // a write may have been done.
  if (error instanceof StoreUnavailable) {
    return new StatusError('Timeout', `Timeout: ${error.message}`)
  }
  return error
}
