// A volume that cannot be had: the text the user reads in the event FailedMount.

export class VolumeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'VolumeError'
  }

  static ofVolume(name: string, error: unknown): VolumeError {
    const text = error instanceof Error ? error.message : String(error)
    return new VolumeError(`MountVolume.SetUp failed for volume "${name}" : ${text}`)
  }
}
