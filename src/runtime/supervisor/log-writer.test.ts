import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { createLogWriter, mostLineBytes } from './log-writer.ts'

const now = () => new Date('2026-01-02T03:04:05.678Z')
const time = '2026-01-02T03:04:05.678000000Z'

function world(
  t: TestContext,
  more: { maxBytes?: number; maxFiles?: number; now?: () => Date } = {},
) {
  const folder = mkdtempSync(`${tmpdir()}/sampan-log-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = `${folder}/pod/0.log`
  const log = createLogWriter({ path, now, ...more })
  return { log, path, text: () => readFileSync(path, 'utf8'), folder: `${folder}/pod` }
}

test('each line has its time, stream and tag', (t) => {
  const { log, text } = world(t)
  log.write('stdout', Buffer.from('one\ntw'))
  log.write('stderr', Buffer.from('oops\n'))
  log.write('stdout', Buffer.from('o\n\n'))
  assert.equal(
    text(),
    `${time} stdout F one\n${time} stderr F oops\n${time} stdout F two\n${time} stdout F \n`,
  )
})

test('a last line without an end is written when the stream ends, as a part', (t) => {
  const { log, text } = world(t)
  log.write('stdout', Buffer.from('bye'))
  assert.equal(text(), '')
  log.close()
  assert.equal(text(), `${time} stdout P bye\n`)
})

test('a long line becomes parts of 16 KiB, whatever the chunks', (t) => {
  const line = Buffer.alloc(2 * mostLineBytes + 5, 'x')
  const expected = [
    `${time} stdout P ${'x'.repeat(mostLineBytes)}`,
    `${time} stdout P ${'x'.repeat(mostLineBytes)}`,
    `${time} stdout F xxxxx`,
    '',
  ].join('\n')
  for (const size of [1000, line.length + 1]) {
    const { log, text } = world(t)
    const bytes = Buffer.concat([line, Buffer.from('\n')])
    for (let from = 0; from < bytes.length; from += size)
      log.write('stdout', bytes.subarray(from, from + size))
    assert.equal(text(), expected)
  }
})

test('a line of exactly 16 KiB is whole', (t) => {
  const { log, text } = world(t)
  log.write('stdout', Buffer.from(`${'x'.repeat(mostLineBytes)}\n`))
  assert.equal(text(), `${time} stdout F ${'x'.repeat(mostLineBytes)}\n`)
})

test('a file that is full is moved away, and only the newest stay', (t) => {
  let second = 0
  const clock = () => new Date(Date.UTC(2026, 0, 1, 0, 0, second++))
  const { log, folder } = world(t, { maxBytes: 100, maxFiles: 3, now: clock })
  for (let n = 0; n < 10; n++) log.write('stdout', Buffer.from(`${'y'.repeat(80)}\n`))
  assert.deepEqual(readdirSync(folder).length, 3)
  assert.ok(readdirSync(folder).includes('0.log'))
})

test('a log whose folder is gone does not stop the container', (t) => {
  const { log, folder } = world(t)
  rmSync(folder, { recursive: true })
  log.write('stdout', Buffer.from('a\n'))
  log.reopen()
  log.write('stdout', Buffer.from('b\n'))
  log.close()
  assert.equal(readFileSync(`${folder}/0.log`, 'utf8'), `${time} stdout F b\n`)
})
