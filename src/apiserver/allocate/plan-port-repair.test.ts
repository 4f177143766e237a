import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/types.gen.ts'
import { claimedPorts, planPortRepair } from './plan-port-repair.ts'

const serviceWith = (name: string, ...nodePorts: number[]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: nodePorts.map((nodePort) => ({ port: 80, protocol: 'TCP', nodePort })) },
})
const portsWith = (...taken: number[]) => {
  const set = new Set(taken)
  return { range: { from: 30000, to: 32767 }, taken: set, has: (port: number) => set.has(port) }
}

test('where record and Services agree there is nothing to do', () => {
  const repair = planPortRepair([serviceWith('a', 30001)], portsWith(30001), new Map())
  assert.deepEqual(repair, { events: [], take: [], free: [], leaks: new Map() })
})

test('a port that is not recorded is, and the Service told', () => {
  const service = serviceWith('a', 30001, 8080)
  const { events, take } = planPortRepair(
    [service, serviceWith('b', 30001)],
    portsWith(),
    new Map(),
  )
  assert.deepEqual(take, [30001])
  assert.deepEqual(
    events.map(({ reason, message }) => [reason, message]),
    [
      ['PortNotAllocated', 'Port 30001 is not allocated; repairing'],
      [
        'PortOutOfRange',
        'Port 8080 is not within the port range 30000-32767; please recreate service',
      ],
      [
        'PortAlreadyAllocated',
        'Port 30001 was assigned to multiple services; please recreate service',
      ],
    ],
  )
})

test('a port without a Service is free after the third pass', () => {
  const passes = [new Map<number, number>()]
  const freed: number[][] = []
  for (let pass = 0; pass < 3; pass++) {
    const { free, leaks } = planPortRepair([], portsWith(30007), passes.at(-1) ?? new Map())
    freed.push([...free])
    passes.push(new Map(leaks))
  }
  assert.deepEqual(freed, [[], [], [30007]])
  const used = planPortRepair([serviceWith('a', 30007)], portsWith(30007), passes[2] ?? new Map())
  assert.deepEqual(used.leaks, new Map())
})

test('one port of two protocols is claimed once, of one protocol twice', () => {
  const spec = {
    ports: [
      { port: 53, protocol: 'TCP', nodePort: 30053 },
      { port: 53, protocol: 'UDP', nodePort: 30053 },
      { port: 54, protocol: 'UDP', nodePort: 30053 },
    ],
    healthCheckNodePort: 30099,
  } as const
  const service: Service = { ...serviceWith('dns'), spec }
  assert.deepEqual(claimedPorts(service), [30053, 30053, 30099])
})
