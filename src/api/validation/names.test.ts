import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  configKeyProblems,
  dns1035Problems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  labelValueProblems,
  pathSegmentProblems,
  portNameProblems,
  qualifiedNameProblems,
} from './names.ts'

test('knows the forms of names', () => {
  const good: readonly (readonly [(name: string) => string[], readonly string[]])[] = [
    [dnsLabelProblems, ['a', 'a-1', '1a', 'a'.repeat(63)]],
    [dnsSubdomainProblems, ['a.b', 'a-1.b-2', 'a'.repeat(253)]],
    [dns1035Problems, ['a', 'a-1']],
    [qualifiedNameProblems, ['a', 'A.b_c-d', 'example.com/a']],
    [labelValueProblems, ['', 'a', 'A.b_c-d', '1']],
    [pathSegmentProblems, ['system:node', 'a b', '...']],
    [portNameProblems, ['http', 'a-1', '1a']],
    [configKeyProblems, ['a', '.a', 'A_b-c.d']],
  ]
  const bad: readonly (readonly [(name: string) => string[], readonly string[]])[] = [
    [dnsLabelProblems, ['', 'A', '-a', 'a-', 'a.b', 'a'.repeat(64)]],
    [dnsSubdomainProblems, ['', 'A', 'a..b', '.a', 'a_b', 'a'.repeat(254)]],
    [dns1035Problems, ['1a', 'a.b', '']],
    [qualifiedNameProblems, ['', '/a', 'a/', 'a/b/c', '-a', 'Example.com/a', 'a'.repeat(64)]],
    [labelValueProblems, ['-a', 'a b', 'a'.repeat(64)]],
    [pathSegmentProblems, ['.', '..', 'a/b', 'a%b']],
    [portNameProblems, ['', 'A', '123', 'a--b', '-a', 'a'.repeat(16)]],
    [configKeyProblems, ['', '.', '..', '..a', 'a/b', 'a b']],
  ]
  for (const [check, names] of good)
    for (const name of names) assert.deepEqual(check(name), [], name)
  for (const [check, names] of bad)
    for (const name of names) assert.notDeepEqual(check(name), [], name)
})
