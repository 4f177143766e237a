import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { check, runCommand } from './command.ts'
import { enterFabric, startFabric, stopFabric } from './fabric.ts'
import { renderFabric } from './fabric-script.ts'
import { isRunning, startTimeOf } from './process-identity.ts'
import { parseResolvConf, renderResolvConf } from './resolv-conf.ts'
import { systemEnvironment } from './system-path.ts'

const isRoot = process.getuid?.() === 0
const nodes = [1, 2, 3].map((n) => ({
  name: `test-${n}`,
  address: `172.18.0.${n + 1}`,
  podCidr: `10.244.${n - 1}.0/24`,
}))

test('a fabric has its nodes, their routes and the way to their kubelets', async (t) => {
  const { holderPid } = await startFabric({ nodes, isRoot })
  t.after(() => stopFabric({ holderPid }))
  const run = (...argv: string[]) =>
    check(runCommand, [...enterFabric(holderPid, { isRoot }), ...argv], {
      env: systemEnvironment(),
    })
  const inNode = (name: string, ...argv: string[]) =>
    run('nsenter', `--net=/run/netns/${name}`, ...argv)

  assert.match(await run('cat', '/etc/resolv.conf'), /^nameserver 172\.18\.0\.1\n/)
  assert.match(await run('ip', 'route'), /^10\.244\.1\.0\/24 via 172\.18\.0\.3 dev br0/m)
  assert.match(
    await inNode('test-2', 'ip', 'route', 'get', '10.244.2.7'),
    /via 172\.18\.0\.4 dev eth0/,
  )
  assert.equal(await inNode('test-2', 'cat', '/proc/sys/net/ipv4/ip_forward'), '1\n')
  const rules = await inNode('test-2', 'nft', 'list', 'chain', 'ip', 'sampan_node', 'output')
  assert.match(rules, /ip daddr 172\.18\.0\.3 tcp dport 10250 dnat to 172\.18\.0\.1:10252/)
})

test('the holder reaps processes that have lost their parent', async (t) => {
  const { holderPid } = await startFabric({ nodes: [], isRoot })
  t.after(() => stopFabric({ holderPid }))
  const script = '(sleep 0.01 &); sleep 0.1; grep -l "^State:.Z" /proc/[0-9]*/status || echo none'
  const argv = [...enterFabric(holderPid, { isRoot }), 'sh', '-c', script]
  assert.equal(await check(runCommand, argv), 'none\n')
})

test('when the fabric is stopped, every process in it has ended', async () => {
  const { holderPid, startTime } = await startFabric({ nodes, isRoot })
  const mark = `3600.${holderPid}`
  const inside = runCommand([...enterFabric(holderPid, { isRoot }), 'sleep', mark])
  while (processesWith(mark) < 2) await new Promise((resolve) => setImmediate(resolve))
  await stopFabric({ holderPid, startTime })
  await inside
  assert.equal(processesWith(mark), 0)
  assert.equal(await isRunning(holderPid, startTime), false)
  await stopFabric({ holderPid, startTime })
})

test('a holder pid that belongs to another process by now is left alone', async () => {
  await stopFabric({ holderPid: process.pid, startTime: 1 })
})

test('two fabrics with the same addresses stand side by side', async () => {
  const [first, second] = await Promise.all([
    startFabric({ nodes, isRoot }),
    startFabric({ nodes, isRoot }),
  ])
  assert.notEqual(first.holderPid, second.holderPid)
  await Promise.all([stopFabric(first), stopFabric(second)])
})

test('the script is one that sh understands', () => {
  const resolvConf = { text: 'nameserver 172.18.0.1\n', file: "/run/it's/resolv.conf" }
  const subnets = { subnet: '172.18.0.0/16', serviceSubnet: '10.96.0.0/16' }
  const plan = { nodes, address: '172.18.0.1', ...subnets, resolvConf }
  execFileSync('sh', ['-n'], { input: renderFabric(plan) })
})

test('resolv.conf is read as the resolver reads it', () => {
  const text =
    '# made by hand\nnameserver 10.0.0.2 ; first\nsearch a.example\nsearch b.example c\noptions edns0\n'
  const parsed = parseResolvConf(text)
  assert.deepEqual(parsed, {
    nameservers: ['10.0.0.2'],
    search: ['b.example', 'c'],
    options: ['edns0'],
  })
  assert.equal(renderResolvConf(parsed), 'nameserver 10.0.0.2\nsearch b.example c\noptions edns0\n')
})

test('the start time of a process is found behind any name', () => {
  const fieldsBetween = '1 '.repeat(18)
  assert.equal(startTimeOf(`42 (a) b (c) S ${fieldsBetween}777 0`), 777)
  assert.equal(startTimeOf(`42 (gone) Z ${fieldsBetween}777 0`), undefined)
})

function processesWith(argument: string): number {
  const isMatch = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument)
    } catch {
      return false
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isMatch(name)).length
}
