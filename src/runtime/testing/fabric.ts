// Runs a test file again inside namespaces like a cluster's: as root, as an ordinary user with
// subordinate ids, and as one without. In: the file. Out: one test for each way that can be tried here.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemEnvironment } from '../../host/system-path.ts'

const root = join(import.meta.dirname, '../../..')

export type FabricIds = 'host' | 'range' | 'single'

/** Defined in a process that is inside already. */
export function fabricIds(): FabricIds | undefined {
  const ids = process.env['SAMPAN_TEST_IDS']
  return ids === 'host' || ids === 'range' || ids === 'single' ? ids : undefined
}

const namespaces = [
  '--net',
  '--mount',
  '--uts',
  '--ipc',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
]
const script =
  'mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/netns && ip link set lo up && "$@" & wait $!'

const flags: Readonly<Record<FabricIds, readonly string[]>> = {
  host: [],
  range: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
}

const titles: Readonly<Record<FabricIds, string>> = {
  host: 'as root',
  range: 'as an ordinary user',
  single: 'as an ordinary user without subordinate ids',
}

export function testInFabrics(
  file: string,
  modes: readonly FabricIds[] = ['host', 'range', 'single'],
): void {
  for (const ids of modes) {
    const isImpossible = ids === 'host' && !isRoot
    const skip = isImpossible || !existsSync('/usr/bin/crun') || !existsSync('/usr/bin/busybox')
    test(titles[ids], { skip }, async (t) => {
      const user = userFor(ids, t)
      const prefix = user === undefined ? [] : becoming(user)
      const { code, output } = await run(
        [...prefix, 'unshare', ...flags[ids], ...namespaces],
        ids,
        file,
      )
      assert.equal(code, 0, output)
    })
  }
}

const isRoot = process.getuid?.() === 0
const env = systemEnvironment()

/** Whom root becomes: one with subordinate ids, which a user made for the test has, or one without. */
function userFor(ids: FabricIds, t: TestContext): string | undefined {
  if (!isRoot || ids === 'host') return undefined
  if (ids === 'single') return 'nobody'
  const name = `sampan-range-${process.pid}`
  execFileSync('useradd', ['--no-create-home', name], { env })
  t.after(() => execFileSync('userdel', [name], { env }))
  return name
}

function becoming(user: string): readonly string[] {
  const idOf = (flag: string) => execFileSync('id', [flag, user], { encoding: 'utf8' }).trim()
  return ['setpriv', `--reuid=${idOf('-u')}`, `--regid=${idOf('-g')}`, '--clear-groups']
}

/** The clone may be for root alone; other users then see it bound to a folder that all may enter. */
function seenByAll(argv: readonly string[]): readonly string[] {
  const seen = argv.map((argument) => argument.replaceAll(`${root}/`, '/mnt/'))
  return [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount --bind "$0" /mnt && cd /mnt && exec "$@"',
    root,
    ...seen,
  ]
}

function run(prefix: readonly string[], ids: FabricIds, file: string) {
  const node = [process.execPath, '--test', '--test-reporter=spec', file]
  const argv = [...prefix, '--', 'sh', '-c', script, 'sh', ...node]
  const isForSomeoneElse = prefix[0] === 'setpriv'
  const [program = '', ...args] = isForSomeoneElse ? seenByAll(argv) : argv
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env
  const child = spawn(program, args, {
    env: { ...rest, SAMPAN_TEST_IDS: ids },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise<{ readonly code: number | null; readonly output: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, output })),
  )
}
