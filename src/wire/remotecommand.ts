// Codec of remote commands over WebSocket: each message is one byte (or, in the base64 forms, one
// digit) of channel and then the data. Channels: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize;
// 255 in v5: the next byte names a channel that ends. KEP-4006.

import { Buffer } from 'node:buffer'

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Best first, as a server should choose. */
export const channelProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const

/** For port-forward: raw SPDY/3.1 inside binary messages. */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'

export interface ChannelMessage {
  readonly channel: number
  readonly data: Uint8Array
}

export function isBase64(protocol: string): boolean {
  return protocol.includes('base64')
}

/** Protocols before v4 say an error as plain text and nothing on success. */
export function saysStatus(protocol: string): boolean {
  return protocol.startsWith('v4') || protocol.startsWith('v5')
}

export function encodeMessage(
  protocol: string,
  { channel, data }: ChannelMessage,
): Uint8Array | string {
  if (isBase64(protocol)) return `${channel}${Buffer.from(data).toString('base64')}`
  return Buffer.concat([Buffer.from([channel]), data])
}

/** Undefined for an empty message, which some clients send to keep a connection open. */
export function decodeMessage(protocol: string, message: Uint8Array): ChannelMessage | undefined {
  const [first] = message
  if (first === undefined) return undefined
  if (!isBase64(protocol)) return { channel: first, data: message.subarray(1) }
  const text = Buffer.from(message.subarray(1)).toString('latin1')
  return { channel: first - 0x30, data: Buffer.from(text, 'base64') }
}

/** A resize message: JSON with Width and Height. Undefined for anything else. */
export function decodeSize(
  text: string,
): { readonly width: number; readonly height: number } | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text)
    return isLength(width) && isLength(height) ? { width, height } : undefined
  } catch {
    return undefined
  }
}

/** A client without a terminal of its own says 0. */
function isLength(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0
}
