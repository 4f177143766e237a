// Who waits for whom: writes of one key go one after the other, and only so many at once.

/** Writes on their way; others wait. */
const mostWrites = 1024

/** Writes of one key go one after the other, so that the first to come is the first to try. */
export function createLines() {
  const last = new Map<string, Promise<void>>()
  const waiting: (() => void)[] = []
  let count = 0

  async function enter(): Promise<void> {
    if (count < mostWrites) count++
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function exit(): void {
    const next = waiting.shift()
    if (next) next()
    else count--
  }

  return {
    async run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const before = last.get(key)
      let end = () => {}
      const mine = new Promise<void>((resolve) => {
        end = resolve
      })
      last.set(key, mine)
      await before
      await enter()
      try {
        return await work()
      } finally {
        exit()
        if (last.get(key) === mine) last.delete(key)
        end()
      }
    },
    async idle(): Promise<void> {
      await Promise.all(last.values())
    },
  }
}
