// What a part and the porter say to each other over IPC, beside the porter's own traffic. Each
// message is { part: ... }. And what the porter tells the command that started it: { up: ... }.

import type { PartName } from './state.ts'

export interface ReadyReport {
  /** Port of the API server on the host. */
  readonly apiServerPort?: number
}

export type PartMessage =
  /** From a part: it does its work. */
  | { readonly say: 'ready'; readonly report: ReadyReport }
  /** From a part: it cannot work; trying again is of no use, and the user should read why. */
  | { readonly say: 'hopeless'; readonly message: string }
  /** To a part: another part is ready now. */
  | { readonly say: 'peer-ready'; readonly part: PartName }
  /** To a part: finish what is under way and end. */
  | { readonly say: 'stop' }

export type UpMessage =
  | { readonly say: 'step'; readonly step: string }
  | { readonly say: 'up'; readonly apiServerPort: number }
  | { readonly say: 'failed'; readonly message: string }

export function partMessage(message: unknown): PartMessage | undefined {
  return member(message, 'part') as PartMessage | undefined
}

export function upMessage(message: unknown): UpMessage | undefined {
  return member(message, 'up') as UpMessage | undefined
}

function member(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null
    ? (message as Readonly<Record<string, unknown>>)[name]
    : undefined
}
