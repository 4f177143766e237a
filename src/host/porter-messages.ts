// What porter and fabric say to each other over Node's IPC channel, handles beside it.
// Each message is { porter: ... }, so that the channel can carry other traffic as well.
//
// A socket or server exists in both processes until the receiver says `taken`; then the sender
// closes its copy. What a listening copy accepts before that follows as `accepted`.

export type PorterRequest =
  | {
      readonly id: number
      readonly verb: 'listen'
      readonly address: string
      readonly port: number
    }
  | {
      readonly id: number
      readonly verb: 'bindUdp'
      readonly address: string
      readonly port: number
    }
  | { readonly id: number; readonly verb: 'connect'; readonly host: string; readonly port: number }
  /** `query` is base64. */
  | { readonly id: number; readonly verb: 'askDns'; readonly query: string }
  | { readonly id: number; readonly verb: 'taken' }

export type PorterReply =
  | { readonly id: number; readonly reply: 'handle' }
  | { readonly id: number; readonly reply: 'accepted' }
  | { readonly id: number; readonly reply: 'answer'; readonly answer: string }
  | { readonly id: number; readonly reply: 'error'; readonly error: PorterError }

export interface PorterError {
  readonly message: string
  readonly code?: string
}

export function encodeError(error: unknown): PorterError {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { message: error.message, ...(code !== undefined && { code }) }
}

export function decodeError({ message, code }: PorterError): Error {
  return Object.assign(new Error(message), code !== undefined && { code })
}

/** The porter's part of an IPC message, if it has one. */
export function payloadOf(message: unknown): object | undefined {
  if (typeof message !== 'object' || message === null || !('porter' in message)) return undefined
  const { porter } = message
  return typeof porter === 'object' && porter !== null ? porter : undefined
}
