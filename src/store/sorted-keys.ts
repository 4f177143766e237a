// A sorted set of keys in blocks, for ordered ranges over a store that changes all the time.
// Blocks hold at most 512 keys, so an insertion moves at most that many references.

const blockSize = 512

export interface SortedKeys {
  readonly size: number
  add(key: string): void
  remove(key: string): void
  /** Keys >= `start` that begin with `prefix`, in order. */
  from(prefix: string, start: string): Iterable<string>
  /** How many those are, by the sizes of the blocks. */
  count(prefix: string, start: string): number
}

export function sortedKeys(): SortedKeys {
  const blocks: string[][] = [[]]
  let size = 0

  /** Index of the block that holds `key` or would. */
  function blockOf(key: string): number {
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((blocks[middle]?.[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  interface Place {
    readonly block: number
    readonly index: number
  }

  function placeOf(key: string): Place {
    const block = blockOf(key)
    return { block, index: lowerBound(blocks[block] ?? [], key) }
  }

  /** Of the first key behind all that begin with `prefix`. */
  function placeAfter(prefix: string): Place {
    const last = blocks.length - 1
    if (prefix === '') return { block: last, index: blocks[last]?.length ?? 0 }
    const next = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
    return placeOf(prefix.slice(0, -1) + next)
  }

  return {
    get size() {
      return size
    },
    add(key) {
      const at = blockOf(key)
      const block = blocks[at] ?? []
      const index = lowerBound(block, key)
      if (block[index] === key) return
      block.splice(index, 0, key)
      size++
      if (block.length > blockSize) blocks.splice(at + 1, 0, block.splice(blockSize >> 1))
    },
    remove(key) {
      const at = blockOf(key)
      const block = blocks[at] ?? []
      const index = lowerBound(block, key)
      if (block[index] !== key) return
      block.splice(index, 1)
      size--
      if (block.length === 0 && blocks.length > 1) blocks.splice(at, 1)
    },
    count(prefix, start) {
      const first = placeOf(start > prefix ? start : prefix)
      const end = placeAfter(prefix)
      if (first.block === end.block) return Math.max(0, end.index - first.index)
      let count = end.index - first.index
      for (let at = first.block; at < end.block; at++) count += blocks[at]?.length ?? 0
      return Math.max(0, count)
    },
    *from(prefix, start) {
      const first = start > prefix ? start : prefix
      for (let at = blockOf(first); at < blocks.length; at++) {
        const block = blocks[at] ?? []
        for (let index = lowerBound(block, first); index < block.length; index++) {
          const key = block[index] ?? ''
          if (!key.startsWith(prefix)) return
          yield key
        }
      }
    },
  }
}

/** Index of the first element >= `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
