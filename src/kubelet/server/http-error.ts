// A request the kubelet cannot serve: the HTTP status and the plain text upstream answers.

export class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
  }
}
