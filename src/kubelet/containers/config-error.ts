// A container whose configuration cannot be made: the user reads the message, mends what it
// names, and the kubelet tries again.

export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}
