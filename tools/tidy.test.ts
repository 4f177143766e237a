// Style as a test: import direction, file and line length, words not used.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { layers } from './layers.ts'

const limit = { lines: 400, testLines: 600, columns: 110 }
const files = globSync('src/**/*.ts').filter((file) => !file.includes('.gen.'))
const composition = new Set(['', 'parts'])

test('every import points down the layer table', () => {
  const wrong = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
      .map((match) => [folder(file), folder(join(dirname(file), match[1] ?? ''))] as const)
      .filter(([from, to]) => from !== to && !composition.has(from) && !layers[from]?.includes(to))
      .map(([from, to]) => `${file}: ${from} must not import ${to}`),
  )
  assert.deepEqual(wrong, [])
})

test('no file is too long, no line too wide', () => {
  const wrong = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const lines = text.split('\n')
    const isTable = /^\/\/ (Table|Codec)\b/.test(text)
    const most = file.endsWith('.test.ts') ? limit.testLines : limit.lines
    const wide = lines.findIndex((line) => line.length > limit.columns && !/https?:|`|'/.test(line))
    return [
      ...(lines.length > most && !isTable ? [`${file}: ${lines.length} lines`] : []),
      ...(wide >= 0 ? [`${file}:${wide + 1}: too wide`] : []),
    ]
  })
  assert.deepEqual(wrong, [])
})

test('every file says what it is for', () => {
  const silent = files.filter(
    (file) =>
      !file.endsWith('.test.ts') && !/^(#!.*\n)?(\/\/|\/\*\*)/.test(readFileSync(file, 'utf8')),
  )
  assert.deepEqual(silent, [])
})

test('no file has a name that says nothing', () => {
  const vague = /(^|[-/])(manager|helpers?|utils?|core|common|engine|base|impl|misc)\.ts$/
  // In src/api, core is the name of a group.
  const isGroup = (file: string) => /^src\/api\/.*core\.ts$/.test(file)
  assert.deepEqual(
    files.filter((file) => vague.test(file) && !isGroup(file)),
    [],
  )
})

function folder(path: string): string {
  const parts = relative('src', path).split('/')
  return parts.length > 1 ? (parts[0] ?? '') : ''
}
