// A mistake of the user, or something missing on the machine: its message says what to do, and is
// all that is printed.

export class UserError extends Error {
  /** Exit code of the command line. */
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'UserError'
    this.exitCode = exitCode
  }
}
