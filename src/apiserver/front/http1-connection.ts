// One HTTP/1.1 connection: its bytes to requests, one at a time, and their answers to bytes.
// In: a TLS socket. Out: exchanges. Reads no further than the request under way and a little more,
// so what a client sends ahead stays with the client.

import type { TLSSocket } from 'node:tls'
import { StatusError } from '../../api/status-error.ts'
import { BadHttp, type RequestHead } from '../../wire/http1/request-head.ts'
import { type RequestEvent, RequestReader } from '../../wire/http1/request-reader.ts'
import { encodeResponseHead } from '../../wire/http1/response-head.ts'
import type { Peer } from './exchange.ts'
import { Http1Exchange } from './http1-exchange.ts'
import { IncomingBody, tooSlow } from './incoming-body.ts'

/** 1000 groups to impersonate fit. */
const headLimits = { bytes: 64 * 1024, fields: 1024 }
/** Unread bytes with which the socket is read no further. */
const aheadBytes = 64 * 1024
/** What is left of a body is read away up to this; beyond it a new connection is cheaper. */
const leftoverBytes = 256 * 1024

/** Upstream's: 32 s for the headers; an idle connection stays for 90 s. */
const timeoutsMs = {
  head: 32_000,
  idle: 90_000,
  /** For a body that is read as a whole. */
  body: 60_000,
  /** A client takes at least the next write of its answer in this time: 256 KB of a list. */
  answer: 120_000,
  /** For a client to see an answer that came before its request was whole. */
  linger: 2_000,
} as const

type Waiting = keyof typeof timeoutsMs

/** What the connections of a front share. */
export interface ConnectionContext {
  /** Runs the chain; resolves when the answer is written. Never rejects. */
  serve(exchange: Http1Exchange): Promise<void>
  /** Milliseconds, coarse: read for every request. */
  nowMs(): number
  httpDate(): string
  /** False when the unread bytes of all connections together would be too many. */
  account(bytes: number): boolean
  /** It begins to wait for a request. */
  rested(connection: Http1Connection): void
  closed(connection: Http1Connection): void
}

export class Http1Connection {
  readonly socket: TLSSocket
  readonly peer: Peer
  readonly context: ConnectionContext
  readonly #reader = new RequestReader(headLimits)
  #exchange: Http1Exchange | undefined
  #waiting: Waiting | undefined = 'head'
  #sinceMs: number
  /** Bytes the client had taken when it was last looked at, and when it last took any. */
  #taken = 0
  #movedMs = 0
  #accounted = 0
  #leftover = 0
  #isLast = false
  #isHandedOver = false
  #isReading = false
  #isWaitingForClient = false

  constructor(socket: TLSSocket, peer: Peer, context: ConnectionContext) {
    this.socket = socket
    this.peer = peer
    this.context = context
    this.#sinceMs = context.nowMs()
    socket.on('data', this.#onData)
    socket.on('close', this.#onClose)
    socket.on('error', this.#onError)
  }

  readonly #onError = () => void this.socket.destroy()

  readonly #onData = (bytes: Buffer) => {
    if (this.#waiting === 'linger') return
    this.#reader.push(bytes)
    this.advance()
  }

  readonly #onClose = () => {
    this.context.account(-this.#accounted)
    this.#accounted = 0
    this.#exchange?.gone()
    this.context.closed(this)
  }

  /** The connection ends with the answer under way, or now. */
  close(): void {
    this.#isLast = true
    if (!this.#exchange) this.socket.end()
  }

  /** Ends now unless a request is under way. */
  shed(): boolean {
    if (this.#exchange || this.socket.destroyed) return false
    this.socket.destroy()
    return true
  }

  readonly #wanted = () => {
    this.#exchange?.askForBody()
    this.advance()
  }

  /** Takes requests and pieces of their bodies as far as they are wanted. */
  advance(): void {
    // A body that is handed over may ask for more at once.
    if (this.#isReading || this.#isHandedOver) return
    this.#isReading = true
    try {
      while (this.#takeNext());
    } catch (error) {
      this.#refuse(error instanceof BadHttp ? error : new BadHttp(400, String(error)))
    }
    this.#isReading = false
    if (!this.#isHandedOver) this.#keepBounds()
  }

  #takeNext(): boolean {
    const exchange = this.#exchange
    if (exchange) {
      if (!exchange.isBodyWanted) return false
      const event = this.#reader.next()
      if (event) exchange.takeBody(event)
      return event !== undefined
    }
    if (this.#waiting === 'linger' || this.socket.destroyed) return false
    if (this.socket.writableNeedDrain) return this.#waitForClient()
    const event = this.#reader.next()
    if (event?.type === 'head') this.#start(event.head)
    else if (event) return this.#dropLeftover(event)
    else if (this.#reader.unread > 0 && this.#waiting === 'idle') this.#wait('head')
    return event !== undefined
  }

  /** Who does not take the answers to its requests is asked for no more of them. */
  #waitForClient(): false {
    if (!this.#isWaitingForClient)
      this.socket.once('drain', () => {
        this.#isWaitingForClient = false
        this.advance()
      })
    this.#isWaitingForClient = true
    return false
  }

  #start(head: RequestHead): void {
    this.#waiting = undefined
    const body =
      head.body === 0
        ? undefined
        : new IncomingBody(head.body === 'chunked' ? 0 : head.body, this.#wanted)
    const exchange = new Http1Exchange(this, head, body)
    this.#exchange = exchange
    this.#sinceMs = this.context.nowMs()
    void this.context.serve(exchange).then(() => this.#finished(exchange))
  }

  #finished(exchange: Http1Exchange): void {
    if (this.#isHandedOver || this.socket.destroyed) return
    this.#exchange = undefined
    if (!exchange.isEnded) return void this.socket.destroy()
    const isAllRead = exchange.isBodyEnded
    exchange.leaveBody()
    if (exchange.isLast || this.#isLast) this.#end(isAllRead)
    else {
      this.#leftover = 0
      this.#wait('idle')
      this.context.rested(this)
      this.advance()
    }
  }

  /** A client that still sends must be read, or it is told of a reset and not of its answer. */
  #end(isAllRead: boolean): void {
    this.socket.end()
    this.#wait('linger')
    if (!isAllRead) this.socket.resume()
  }

  #dropLeftover(event: RequestEvent): boolean {
    if (event.type === 'body') this.#leftover += event.bytes.length
    if (this.#leftover <= leftoverBytes) return true
    this.#end(false)
    return false
  }

  /** Bytes that are no request: said once, and the connection ends. */
  #refuse({ status, message }: BadHttp): void {
    const exchange = this.#exchange
    if (exchange) exchange.failBody(new StatusError('BadRequest', message))
    else this.#sayNo(status, message)
  }

  #sayNo(status: number, message: string): void {
    const text = `${status} ${message}`
    const head = encodeResponseHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(text.length),
      connection: 'close',
    })
    this.socket.write(head + text, 'latin1')
    this.#end(false)
  }

  #keepBounds(): void {
    const { unread } = this.#reader
    if (unread !== this.#accounted) {
      const isRoom = this.context.account(unread - this.#accounted)
      this.#accounted = unread
      if (!isRoom && unread > 0) return void this.socket.destroy()
    }
    if (unread > aheadBytes && this.#waiting !== 'linger') this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting
    this.#sinceMs = this.context.nowMs()
  }

  /** Called every second or so: ends what takes too long. */
  check(nowMs: number): void {
    if (this.#isHandedOver) return
    if (this.#exchange) this.#checkExchange(this.#exchange, nowMs)
    else if (this.#waiting && nowMs - this.#sinceMs > timeoutsMs[this.#waiting]) this.#timeOut()
  }

  #timeOut(): void {
    // An idle client is told that nothing was lost; whoever is slow is not owed a word.
    if (this.#waiting === 'idle') this.socket.end()
    else this.socket.destroy()
    this.#wait('linger')
  }

  #checkExchange(exchange: Http1Exchange, nowMs: number): void {
    const { bytesWritten, writableLength } = this.socket
    const taken = bytesWritten - writableLength
    if (writableLength === 0 || taken !== this.#taken) this.#movedMs = nowMs
    this.#taken = taken
    if (nowMs - this.#movedMs > timeoutsMs.answer) this.socket.destroy()
    else if (exchange.isBodyTimed && nowMs - this.#sinceMs > timeoutsMs.body)
      exchange.failBody(tooSlow())
  }

  /** Lets go of the socket, paused; returns what came after the request. */
  handOver(): Buffer {
    this.#isHandedOver = true
    this.context.account(-this.#accounted)
    this.#accounted = 0
    this.socket.off('data', this.#onData).off('close', this.#onClose)
    this.socket.pause()
    this.context.closed(this)
    const exchange = this.#exchange
    this.socket.once('close', () => exchange?.gone())
    return this.#reader.rest()
  }
}
