import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { check, runCommand } from '../../src/host/command.ts'
import { systemEnvironment } from '../../src/host/system-path.ts'

const isRoot = process.getuid?.() === 0
const root = fileURLToPath(new URL('../..', import.meta.url))
const files = [
  'src/host/fabric.test.ts',
  'src/host/net-commands.test.ts',
  'src/network/pod-network.test.ts',
  'test/network/dns.test.ts',
  'test/network/outside.test.ts',
]

test('networks work for an ordinary user as they do for root', { skip: !isRoot }, async (t) => {
  const user = `sampan-${process.pid}`
  const env = systemEnvironment()
  const run = (...argv: string[]) => check(runCommand, argv, { env })
  await run('useradd', '--create-home', user)
  t.after(() => run('userdel', '--remove', user).catch(() => undefined))
  const results = await runAs(user)
  assert.equal(results.exitCode, 0, results.stdout)

  const isOwn = (line: string) => line.startsWith(`${user}:`)
  const others = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !isOwn(line))
      .join('\n')
  await t.test('and without subordinate ids', async () => {
    await run('usermod', '--del-subuids', '0-4294967294', '--del-subgids', '0-4294967294', user)
    assert.equal(others('/etc/subuid'), readFileSync('/etc/subuid', 'utf8'))
    const again = await runAs(user)
    assert.equal(again.exitCode, 0, again.stdout)
  })

  function runAs(name: string) {
    const { NODE_TEST_CONTEXT: _, ...rest } = env
    const node = process.execPath.replace(root, '/mnt/')
    // The clone may be for root alone; bound to a folder that all may enter, it is for everyone.
    const bind = 'mount --bind "$0" /mnt && cd /mnt && exec "$@"'
    const argv = ['runuser', '-u', name, '--', node, '--test', ...files]
    return runCommand(['unshare', '--mount', 'sh', '-c', bind, root, ...argv], {
      env: { ...rest, HOME: `/home/${name}` },
    })
  }
})
