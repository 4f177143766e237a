// Values handed from callbacks to a reader, in order; ends once.

export interface ValueQueue<T> extends AsyncIterable<T> {
  push(value: T): void
  end(): void
}

/** Beyond `limit` waiting values the oldest go: only the last size of a terminal counts. */
export function createValueQueue<T>(limit: number): ValueQueue<T> {
  const values: T[] = []
  let isOver = false
  let wake: (() => void) | undefined
  return {
    push(value) {
      if (isOver) return
      values.push(value)
      if (values.length > limit) values.shift()
      wake?.()
    },
    end() {
      isOver = true
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const value = values.shift()
        if (value !== undefined) yield value
        else if (isOver) return
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    },
  }
}
