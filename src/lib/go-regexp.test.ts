import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goRegExp, PatternError } from './go-regexp.ts'

test('flags hold from where they are set to the end of their group', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['^(?i)abc$', ['ABC', 'abc'], ['xabc']],
    ['^a(?i)b|c$', ['aB', 'C', 'ab'], ['Ab', 'd']],
    ['^(a(?i)b)c$', ['aBc'], ['aBC', 'ABc']],
    ['^(?:x(?i)|y)z$', ['xz', 'Yz', 'yz'], ['xZ', 'Xz']],
    ['(?s)^a.b$', ['a\nb'], ['ab']],
    ['^[(?i)]$', ['?', 'i'], ['I']],
  ]
  for (const [pattern, yes, no] of cases) {
    const compiled = goRegExp(pattern)
    assert.deepEqual(
      yes.filter((text) => !compiled.test(text)),
      [],
      pattern,
    )
    assert.deepEqual(
      no.filter((text) => compiled.test(text)),
      [],
      pattern,
    )
  }
})

test('patterns that Go does not take are refused in its words', () => {
  const cases = [
    ['a)', 'unexpected ): `a)`'],
    ['(a', 'missing closing ): `(a`'],
    ['[a', 'missing closing ]: `[a`'],
    ['*a', 'missing argument to repetition operator: `*`'],
    ['x++', 'invalid nested repetition operator: `++`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ] as const
  for (const [pattern, what] of cases) {
    const message = `error parsing regexp: ${what}`
    assert.throws(() => goRegExp(pattern), new PatternError(message), pattern)
  }
})
