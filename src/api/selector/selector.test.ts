import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkFields,
  FieldSelectorError,
  fieldSelectorText,
  matchesFields,
  parseFieldSelector,
} from './field.ts'
import {
  labelSelectorMatches,
  labelSelectorText,
  matchesLabels,
  parseLabelSelector,
  rulesOfLabelSelector,
  SelectorError,
} from './label.ts'

test('writes parsed label selectors sorted and in one form', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['', ''],
    ['b=c,a', 'a,b=c'],
    ['x==y', 'x=y'],
    ['x != y', 'x!=y'],
    ['a in (z,,y)', 'a in (,y,z)'],
    ['a notin ()', 'a notin ()'],
    ['!a', '!a'],
    ['a=', 'a='],
    ['a=,b', 'a=,b'],
    ['a>1,b<2', 'a>1,b<2'],
    ['in in (in)', 'in in (in)'],
    ['example.com/a=b', 'example.com/a=b'],
  ]
  for (const [given, text] of forms) {
    assert.equal(labelSelectorText(parseLabelSelector(given)), text, given)
  }
})

test('says as upstream does what is wrong with a label selector', () => {
  const words = 'in, notin, =, ==, !=, gt, lt'
  const wrong: readonly (readonly [string, string])[] = [
    ['a b', `unable to parse requirement: found 'b', expected: ${words}`],
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ]
  for (const [given, message] of wrong) {
    assert.throws(() => parseLabelSelector(given), new SelectorError(message), given)
  }
})

test('matches labels by every operator', () => {
  const labels = { app: 'web', tier: '3', empty: '' }
  const matching = [
    'app=web',
    'app in (web,db)',
    'app',
    '!db',
    'db!=x',
    'db notin (x)',
    'tier>2',
    'tier<4',
    'empty=',
    '',
  ]
  const missing = [
    'app=db',
    'app!=web',
    '!app',
    'db',
    'db in (x)',
    'tier>3',
    'app>1',
    'app notin (web)',
  ]
  for (const text of matching) assert.ok(matchesLabels(parseLabelSelector(text), labels), text)
  for (const text of missing) assert.ok(!matchesLabels(parseLabelSelector(text), labels), text)
})

test('a LabelSelector object without rules matches everything, a missing one nothing', () => {
  assert.equal(labelSelectorMatches({}, { a: 'b' }), true)
  assert.equal(labelSelectorMatches(undefined, { a: 'b' }), false)
  const selector = {
    matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['c'] }],
    matchLabels: { a: 'b' },
  }
  assert.equal(labelSelectorMatches(selector, { a: 'b' }), true)
  assert.equal(labelSelectorMatches(selector, { a: 'c' }), false)
  const rules = rulesOfLabelSelector(selector)
  assert.equal(rules === 'nothing' ? '' : labelSelectorText(rules), 'a=b,a notin (c)')
})

test('reads field selectors with escapes', () => {
  assert.deepEqual(parseFieldSelector('b!=c,a=x\\,y\\=z'), [
    { field: 'a', operator: '=', value: 'x,y=z' },
    { field: 'b', operator: '!=', value: 'c' },
  ])
  assert.equal(fieldSelectorText(parseFieldSelector('a==x\\,y')), 'a=x\\,y')
  const wrong: readonly (readonly [string, string])[] = [
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ]
  for (const [given, message] of wrong) {
    assert.throws(() => parseFieldSelector(given), new FieldSelectorError(message), given)
  }
})

test('matches fields, of which a kind offers only some', () => {
  const terms = parseFieldSelector('spec.nodeName=a,status.phase!=Failed')
  assert.equal(matchesFields(terms, { 'spec.nodeName': 'a', 'status.phase': 'Running' }), true)
  assert.equal(matchesFields(terms, { 'spec.nodeName': 'a', 'status.phase': 'Failed' }), false)
  assert.equal(matchesFields(terms, { 'spec.nodeName': 'a' }), true)
  assert.throws(() => checkFields(terms, ['spec.nodeName']), {
    message: 'field label not supported: status.phase',
  })
})
