// How a client reaches an API server: over TLS, or straight into one in the same process.

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, e.g. /api/v1/pods?watch=true. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly signal?: AbortSignal
}

export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body as it arrives; a watch never ends by itself. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface Transport {
  /** Rejects only when no answer arrived; every HTTP status is an answer. */
  send(request: ApiRequest): Promise<ApiResponse>
  close(): void
}
