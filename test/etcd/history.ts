// Recorded histories of a store and what must hold of them. In: writes as they were answered, and
// changes as a watch gave them. Out: every rule that was broken, in words.

import type { Change } from '../../src/store/store.ts'

export interface WriteRecord {
  readonly key: string
  readonly text: string
  /** The revision the writer expected the key to have. */
  readonly expected: number
  /** `unknown`: the answer was lost. */
  readonly outcome: 'done' | 'refused' | 'unknown'
  readonly revision: number
}

export interface History {
  readonly writes: readonly WriteRecord[]
  readonly watched: readonly Change[]
}

export function faultsOf({ writes, watched }: History): string[] {
  return [...orderFaults(watched), ...chainFaults(watched), ...writeFaults(writes, watched)]
}

function orderFaults(watched: readonly Change[]): string[] {
  return watched.flatMap(({ key, revision }, index) => {
    const before = watched[index - 1]?.revision ?? 0
    return revision > before ? [] : [`${key}: revision ${revision} came after ${before}`]
  })
}

/** Each change follows the one that was seen before it of the same key: none is missing. */
function chainFaults(watched: readonly Change[]): string[] {
  const last = new Map<string, number>()
  return watched.flatMap(({ type, key, revision, previous }) => {
    const seen = last.get(key) ?? 0
    last.set(key, type === 'put' ? revision : 0)
    const told = previous?.revision ?? 0
    return seen === told ? [] : [`${key}: ${revision} follows ${told}, and ${seen} was seen last`]
  })
}

function writeFaults(writes: readonly WriteRecord[], watched: readonly Change[]): string[] {
  const byText = new Map(watched.map((change) => [new TextDecoder().decode(change.value), change]))
  const known = new Set(writes.map(({ text }) => text))
  return [
    ...writes.flatMap(({ key, text, expected, outcome, revision }) => {
      const change = byText.get(text)
      if (outcome === 'refused') return change ? [`${key}: "${text}" was refused, and done`] : []
      if (outcome === 'unknown' && !change) return []
      if (!change) return [`${key}: "${text}" at ${revision} is lost`]
      const at = outcome === 'done' ? revision : change.revision
      const told = change.previous?.revision ?? 0
      return change.revision === at && told === expected
        ? []
        : [`${key}: "${text}" expected ${expected} at ${at}; seen ${told} at ${change.revision}`]
    }),
    ...[...byText.keys()].flatMap((text) =>
      known.has(text) ? [] : [`"${text}" was written by nobody`],
    ),
  ]
}
