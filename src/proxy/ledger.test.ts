import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runCommand } from '../host/command.ts'
import { NftFailed } from '../host/nft.ts'
import { systemEnvironment } from '../host/system-path.ts'
import { arrange } from './arrange.ts'
import type { Target } from './endpoints.ts'
import type { Front, ServicePlan } from './fronts.ts'
import { createLedger } from './ledger.ts'
import { addElements, frontRules, slotsOf, tableCommands } from './ruleset.ts'

const target = (last: number): Target => ({ address: `10.244.0.${last}`, port: 80 })

function front(targets: readonly Target[], more: Partial<Front> = {}): Front {
  return {
    address: '10.96.0.5',
    protocol: 'tcp',
    port: 80,
    isForInside: false,
    targets,
    isMasqueraded: false,
    refusal: 'reject',
    ...more,
  }
}

const plan = (...fronts: Front[]): ServicePlan => ({ fronts, clusterIPs: [], hairpins: [] })
const key = '10.96.0.5 . tcp . 80'

test('what changes is what is told to the kernel', () => {
  const ledger = createLedger()
  ledger.replace('web', plan(front([target(1), target(2)])))
  assert.deepEqual(ledger.take().commands, [
    'add chain ip sampan_proxy s_2',
    'add rule ip sampan_proxy s_2 meta mark set numgen random mod 2',
    'add rule ip sampan_proxy s_2 goto s_pick',
    `add element ip sampan_proxy s { ${key} : goto s_2 }`,
    `add element ip sampan_proxy s_targets { ${key} . 0 : 10.244.0.1 . 80, ${key} . 1 : 10.244.0.2 . 80 }`,
  ])
  ledger.replace('web', plan(front([target(2), target(3)])))
  assert.deepEqual(ledger.take().commands, [
    `delete element ip sampan_proxy s_targets { ${key} . 0 }`,
    `add element ip sampan_proxy s_targets { ${key} . 0 : 10.244.0.3 . 80 }`,
  ])
  assert.deepEqual(ledger.take().commands, [])
  ledger.replace('web', undefined)
  assert.deepEqual(ledger.take().commands, [
    `delete element ip sampan_proxy s { ${key} }`,
    `delete element ip sampan_proxy s_targets { ${key} . 0, ${key} . 1 }`,
  ])
})

test('a change that is taken back before it is told is no change', () => {
  const ledger = createLedger()
  ledger.replace('web', plan(front([target(1)])))
  ledger.take()
  ledger.replace('web', plan(front([])))
  ledger.replace('web', plan(front([target(1)])))
  assert.deepEqual(ledger.take().commands, [])
})

test("a front that two ask for is the first one's until that one is gone", () => {
  const ledger = createLedger()
  ledger.replace('one', plan(front([target(1)])))
  ledger.replace('two', plan(front([target(2)])))
  ledger.take()
  ledger.replace('one', plan(front([target(3)])))
  assert.match(ledger.take().commands.join(), /10\.244\.0\.3/)
  ledger.replace('one', undefined)
  assert.match(ledger.take().commands.join(), /add element .* : 10\.244\.0\.2 \. 80/)
})

test('elements shared by Services stay until the last of them is gone', () => {
  const ledger = createLedger()
  const shared = { ...plan(), clusterIPs: ['10.96.0.5'], hairpins: ['10.244.0.1'] }
  ledger.replace('one', shared)
  ledger.replace('two', shared)
  assert.deepEqual(ledger.take().commands, [
    'add element ip sampan_proxy cluster_ips { 10.96.0.5 }',
    'add element ip sampan_proxy hairpins { 10.244.0.1 . 10.244.0.1 }',
  ])
  ledger.replace('one', undefined)
  assert.deepEqual(ledger.take().commands, [])
  ledger.replace('two', undefined)
  assert.equal(ledger.take().commands.length, 2)
})

test('UDP flows to what is gone, and those from before there was anything, are forgotten', () => {
  const ledger = createLedger()
  const udp = (targets: readonly Target[]) => plan(front(targets, { protocol: 'udp' }))
  const at = { address: '10.96.0.5', port: 80 }
  ledger.replace('dns', udp([target(1), target(2)]))
  assert.deepEqual(ledger.take().flows, [at])
  ledger.replace('dns', udp([target(2)]))
  assert.deepEqual(ledger.take().flows, [{ ...at, target: '10.244.0.1' }])
})

test('told in one go or change by change, the kernel has the same elements', () => {
  const targets = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })
  const change = fc.record({
    service: fc.constantFrom('a', 'b'),
    port: fc.constantFrom(80, 81),
    targets,
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const ledger = createLedger()
      const kernel = new Map<string, string>()
      for (const { service, port, targets } of changes) {
        ledger.replace(service, plan(front(targets.map(target), { port })))
        play(ledger.take().commands, kernel)
      }
      const fresh = new Map<string, string>()
      for (const { commands } of ledger.takeAll(3)) play(commands, fresh)
      assert.deepEqual(kernel, fresh)
    }),
  )
})

/** Adds and deletes elements as nft does, and fails where it would. */
function play(commands: readonly string[], elements: Map<string, string>): void {
  for (const command of commands) {
    const match = /^(add|delete) element ip sampan_proxy (\w+) \{ (.*) \}$/.exec(command)
    if (!match) continue
    const [, verb, set, list = ''] = match
    for (const element of list.split(', ')) {
      const [key, value = ''] = element.split(' : ')
      assert.equal(elements.has(`${set} ${key}`), verb === 'delete', command)
      if (verb === 'add') elements.set(`${set} ${key}`, value)
      else elements.delete(`${set} ${key}`)
    }
  }
}

test('targets that stay keep their place', () => {
  const of = (...lasts: number[]) => lasts.map(target)
  assert.deepEqual(arrange(of(1, 2, 3), of(3, 2, 1)), of(1, 2, 3))
  assert.deepEqual(arrange(of(1, 2, 3), of(2, 3)), of(3, 2))
  assert.deepEqual(arrange(of(1, 2), of(2, 4, 5)), of(4, 2, 5))
  assert.deepEqual(arrange([], of(2, 1)), of(2, 1))
  assert.deepEqual(arrange(of(1), []), [])
})

test('numbers for affinity depend on the target alone', () => {
  const [first, second] = slotsOf([target(1), target(2)])
  assert.deepEqual(slotsOf([target(2), target(1)]), [second, first])
  assert.equal(new Set(slotsOf([target(1), target(1)])).size, 2)
})

test('nft takes every form of front', async (t) => {
  const targets = [target(1), target(2)]
  const node = { address: undefined } as unknown as Partial<Front>
  const forms: readonly Partial<Front>[] = [
    {},
    { isMasqueraded: true, protocol: 'udp' },
    { affinitySeconds: 10, protocol: 'sctp' },
    { ...node, port: 30080, isMasqueraded: true, affinitySeconds: 10_800 },
    { ...node, port: 30081, isForInside: true },
    { targets: [], address: '10.96.0.6' },
    { targets: [], ...node, port: 30082, refusal: 'drop' },
  ]
  const rules = forms.map((form) => frontRules(front(targets, form)))
  const commands = [
    ...tableCommands({ podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' }),
    ...rules.flatMap(({ chain }) => (chain?.parts ?? []).flatMap((part) => part.commands)),
    ...addElements(rules.flatMap(({ elements }) => elements)),
  ]
  const isRoot = process.getuid?.() === 0
  const enter = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--net']
  const argv = [...enter, 'nft', '--check', '-f', '-']
  const input = `${commands.join('\n')}\n`
  const { exitCode, stderr } = await runCommand(argv, { input, env: systemEnvironment() })
  if (/unshare failed/.test(stderr)) t.skip('no namespaces on this machine')
  else if (exitCode !== 0) throw new NftFailed(stderr)
})
