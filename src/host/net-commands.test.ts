import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, runCommand } from './command.ts'
import { enterFabric, startFabric, stopFabric } from './fabric.ts'
import { createIp, IpFailed, readFailures, runIpOnce } from './ip.ts'
import { createNft, NftFailed } from './nft.ts'
import { createResident } from './resident.ts'

const isRoot = process.getuid?.() === 0

test('ip and nft in a namespace', async (t) => {
  const { holderPid } = await startFabric({ nodes: [], isRoot })
  const enter = enterFabric(holderPid, { isRoot })
  t.after(() => stopFabric({ holderPid }))

  await t.test('ip runs the rest of a batch and names the command that failed', async () => {
    const ip = createIp(enter)
    const commands = ['link add v1 type veth peer name v2', 'link set nosuch up', 'link set v1 up']
    await assert.rejects(ip.run(commands), (error: unknown) => {
      assert(error instanceof IpFailed)
      const message = 'Cannot find device "nosuch"'
      assert.deepEqual(error.failures, [{ command: 'link set nosuch up', message }])
      return true
    })
    await ip.run(['link add v1 type veth peer name v2'], ['exists'])
    await ip.run(['link del nosuch'], ['missing'])
    const both = await Promise.allSettled([
      ip.run(['link set nosuch up']),
      ip.run(['link set v2 up']),
    ])
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )
    assert.match(await check(runCommand, [...enter, 'ip', '-br', 'link']), /^v1@v2 +UP/m)
    ip.close()
  })

  await t.test('a batch of its own behaves the same', async () => {
    const commands = ['link set nosuch up', 'link add v3 type veth peer name v4']
    await assert.rejects(runIpOnce(runCommand, { enter, commands }), {
      message: 'ip link set nosuch up: Cannot find device "nosuch"',
    })
    await runIpOnce(runCommand, { enter, commands: commands.slice(1), tolerate: ['exists'] })
  })

  await t.test('nft runs all commands of a transaction or none', async () => {
    const nft = createNft(enter)
    await nft.run(['add table ip t', 'add set ip t s { type ipv4_addr; }'])
    await assert.rejects(
      nft.run(['add element ip t s { 10.0.0.1 }', 'add element ip t nosuch { 10.0.0.1 }']),
      NftFailed,
    )
    await assert.rejects(nft.run(['no such command']), NftFailed)
    await nft.run(['add element ip t s { 10.0.0.2 }'])
    const listed = await check(runCommand, [...enter, 'nft', 'list', 'set', 'ip', 't', 's'])
    assert.match(listed, /elements = \{ 10\.0\.0\.2 \}/)
    nft.close()
  })

  await t.test('a transaction too long for one line goes another way', async () => {
    const nft = createNft(enter)
    const addresses = Array.from({ length: 600 }, (_, n) => `10.9.${n >> 8}.${n & 255}`)
    await nft.run([`add element ip t s { ${addresses.join(', ')} }`])
    const listed = (await nft.list('set ip t s')) as { nftables: { set?: { elem: unknown[] } }[] }
    assert.equal(listed.nftables.find(({ set }) => set)?.set?.elem.length, 601)
    nft.close()
  })
})

test('a resident program that dies fails its request and is there for the next', async () => {
  const argv = [
    'sh',
    '-c',
    'while read -r line; do [ "$line" != die ] || exit 3; echo "$line" >&2; done',
  ]
  const mark = (count: number) => ({ line: `mark ${count}`, said: new RegExp(`mark ${count}\n`) })
  const resident = createResident({ argv, mark })
  assert.deepEqual(await resident.ask(['one']), { stderr: 'one\n', firstLine: 1 })
  assert.deepEqual(await resident.ask(['two', 'three']), { stderr: 'two\nthree\n', firstLine: 3 })
  await assert.rejects(resident.ask(['die']), /has ended/)
  assert.deepEqual(await resident.ask(['four']), { stderr: 'four\n', firstLine: 1 })
  resident.close()
})

test('failures of ip are told apart by their line', () => {
  const stderr =
    'Error: one\nwith detail.\nCommand failed -:8\nRTNETLINK answers: two\nCommand failed -:9\n'
  assert.deepEqual(readFailures(stderr, ['a', 'b', 'c'], 7), [
    { command: 'b', message: 'Error: one\nwith detail.' },
    { command: 'c', message: 'RTNETLINK answers: two' },
  ])
})
