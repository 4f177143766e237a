// Many callers, one call: for what everybody asks at the same time and what has one answer.

/** Calls that come while one is under way share the next one: none gets an answer too old. */
export function sharedCall<T>(call: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let following: Promise<T> | undefined
  const start = () => {
    running = call()
    const done = () => {
      running = undefined
    }
    running.then(done, done)
    return running
  }
  return () => {
    if (!running) return start()
    following ??= running
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        following = undefined
        return start()
      })
    return following
  }
}
