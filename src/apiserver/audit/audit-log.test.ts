import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { type AuditLogOptions, createAuditLog } from './audit-log.ts'

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const clock = testClock()
const optionsIn = (folder: string, options: Partial<AuditLogOptions> = {}): AuditLogOptions => ({
  path: join(folder, 'logs', 'audit.log'),
  ...{ mode: 'blocking', maxSize: 1, maxBackup: 0, maxAge: 0, clock, log: silentLog },
  ...options,
})

const line = (letter: string, size = 400_000) => `${letter.repeat(size - 1)}\n`

test('lines are in the file when their writers go on', () =>
  inFolder(async (folder) => {
    const log = createAuditLog(optionsIn(folder))
    const written = await Promise.all([log.write('one\n'), log.write('two\n')])
    assert.deepEqual(written, [true, true])
    assert.equal(await readFile(join(folder, 'logs', 'audit.log'), 'utf8'), 'one\ntwo\n')
    await log.close()
  }))

test('a full file is put aside, and of those only so many are kept', () =>
  inFolder(async (folder) => {
    const log = createAuditLog(optionsIn(folder, { maxBackup: 2 }))
    for (const letter of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await log.write(line(letter))
      clock.advance(1000)
    }
    await log.close()
    const names = (await readdir(join(folder, 'logs'))).sort()
    const firsts = await Promise.all(
      names.map(async (name) => {
        const text = await readFile(join(folder, 'logs', name), 'utf8')
        return text
          .split('\n')
          .map((each) => each[0] ?? '')
          .join('')
      }),
    )
    assert.deepEqual(firsts, ['cd', 'ef', 'g'])
    assert.match(names[0] ?? '', /^audit-2026-01-01T00-00-0\d\.000\.log$/)
    assert.equal(names[2], 'audit.log')
  }))

test('what was put aside long ago is removed', () =>
  inFolder(async (folder) => {
    const log = createAuditLog(optionsIn(folder, { maxAge: 1 }))
    for (const letter of ['a', 'b', 'c']) await log.write(line(letter))
    const [old = ''] = (await readdir(join(folder, 'logs'))).sort()
    const longAgo = new Date('2025-12-01T00:00:00Z')
    await utimes(join(folder, 'logs', old), longAgo, longAgo)
    clock.advance(1000)
    for (const letter of ['d', 'e']) await log.write(line(letter))
    await log.close()
    const names = await readdir(join(folder, 'logs'))
    assert.equal(names.includes(old), false)
    assert.equal(names.length, 2)
  }))

test('a line that cannot be written is lost, and said to be', () =>
  inFolder(async (folder) => {
    const log = createAuditLog(optionsIn(folder, { path: join(folder, 'file', 'audit.log') }))
    const other = createAuditLog(optionsIn(folder, { path: join(folder, 'file') }))
    await other.write('x\n')
    await other.close()
    assert.equal(await log.write('one\n'), false)
    await log.close()
  }))

test('more lines than may wait are lost, whoever waits for them', () =>
  inFolder(async (folder) => {
    const log = createAuditLog(optionsIn(folder, { mode: 'batch' }))
    const accepted = await Promise.all(
      Array.from({ length: 20_010 }, (_, index) => log.write(`${index}\n`)),
    )
    const lost = accepted.filter((isAccepted) => !isAccepted).length
    await log.close()
    const lines = (await readFile(join(folder, 'logs', 'audit.log'), 'utf8')).split('\n').length - 1
    assert.ok(lost >= 10)
    assert.equal(lines, 20_010 - lost)
  }))
