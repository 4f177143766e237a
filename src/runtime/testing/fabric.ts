// Runs a test file again inside namespaces like a cluster's: as root, as an ordinary user with
// subordinate ids, and as one without. In: the file. Out: one test for each way that can be tried here.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

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
    const prefix = commandPrefix(ids)
    const skip =
      prefix === undefined || !existsSync('/usr/bin/crun') || !existsSync('/usr/bin/busybox')
    test(titles[ids], { skip }, async () => {
      const { code, output } = await run(
        [...(prefix ?? []), 'unshare', ...flags[ids], ...namespaces],
        ids,
        file,
      )
      assert.equal(code, 0, output)
    })
  }
}

/** Who is root becomes someone else; who is not can't become root. */
function commandPrefix(ids: FabricIds): readonly string[] | undefined {
  const isRoot = process.getuid?.() === 0
  if (ids === 'host') return isRoot ? [] : undefined
  if (!isRoot) return []
  const user = ids === 'single' ? 'nobody' : userWithSubordinateIds()
  const account = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)
  const [, , uid, gid] = account ?? []
  if (uid === undefined) return undefined
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
}

function userWithSubordinateIds(): string | undefined {
  const known = existsSync('/etc/subuid') ? readFileSync('/etc/subuid', 'utf8') : ''
  return known.split(':', 1)[0] || undefined
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
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(program, args, {
    env: { ...env, SAMPAN_TEST_IDS: ids },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise<{ readonly code: number | null; readonly output: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, output })),
  )
}
