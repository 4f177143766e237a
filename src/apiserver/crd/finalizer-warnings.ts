// Finalizers of custom resources may have any name; odd ones are warned of.

import { qualifiedNameProblems } from '../../api/validation/names.ts'

const standard = ['orphan', 'foregroundDeletion', 'kubernetes']

export function finalizerWarnings(
  finalizers: readonly string[],
  previous: readonly string[],
): readonly string[] {
  const added = [...new Set(finalizers)].filter((name) => !previous.includes(name)).toSorted()
  return added.flatMap((name) => {
    const about = `metadata.finalizers: ${JSON.stringify(name)}`
    const problems = qualifiedNameProblems(name).map((problem) => `${about}: ${problem}`)
    if (name.includes('/') || standard.includes(name)) return problems
    const how = name.includes('.') ? ' name including a path (/)' : ' name'
    const why = 'to avoid accidental conflicts with other finalizer writers'
    return [...problems, `${about}: prefer a domain-qualified finalizer${how} ${why}`]
  })
}
