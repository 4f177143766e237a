// Services of a cluster with both families, and of one with IPv4 alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../registry/registry-fixture.ts'

const services = '/api/v1/namespaces/default/services'
const dual = { serviceSubnet: '10.96.0.0/16,fd00:10:96::/112' }
const serviceOf = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
})

async function created(spec: object, options: object = dual) {
  await using api = await registryFixture(options)
  return (await api.ask(`POST ${services}`, { body: serviceOf(spec) })).json
}

test('a Service that prefers both families gets one address of each', async () => {
  const { spec } = await created({ ipFamilyPolicy: 'PreferDualStack' })
  assert.deepEqual(spec.ipFamilies, ['IPv4', 'IPv6'])
  assert.match(spec.clusterIPs[1], /^fd00:10:96::/)
  assert.equal(spec.clusterIP, spec.clusterIPs[0])
  const single = await created({ ipFamilyPolicy: 'PreferDualStack' }, {})
  assert.deepEqual([single.spec.ipFamilies, single.spec.clusterIPs.length], [['IPv4'], 1])
})

test('the family that is named first comes first', async () => {
  const { spec } = await created({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] })
  assert.deepEqual(spec.ipFamilies, ['IPv6', 'IPv4'])
  assert.match(spec.clusterIP, /^fd00:10:96::/)
})

test('families follow from the addresses that are asked for', async () => {
  const clusterIPs = ['fd00:10:96::a', '10.96.0.10']
  const asked = { clusterIP: clusterIPs[0], clusterIPs, ipFamilyPolicy: 'PreferDualStack' }
  assert.deepEqual((await created(asked)).spec.ipFamilies, ['IPv6', 'IPv4'])
  assert.equal(
    (await created(asked, {})).message,
    'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["fd00:10:96::a","10.96.0.10"]: IPv6 is not configured on this cluster',
  )
})

test('a single stack has no room for two, and IPv4 alone is not dual', async () => {
  const message = async (spec: object, options?: object) =>
    (await created(spec, options)).details.causes.map((cause: { message: string }) => cause.message)
  assert.deepEqual(await message({ ipFamilies: ['IPv4', 'IPv6'] }), [
    "Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
  ])
  assert.deepEqual(await message({ ipFamilyPolicy: 'RequireDualStack' }, {}), [
    'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ])
  assert.deepEqual(await message({ ipFamilies: ['IPv6'] }, {}), [
    'Invalid value: "IPv6": not configured on this cluster',
  ])
})

test('headless without a selector is of both families, whatever the cluster has', async () => {
  const { spec } = await created({ clusterIP: 'None', selector: {} }, {})
  assert.deepEqual(
    [spec.ipFamilyPolicy, spec.ipFamilies, spec.clusterIPs],
    ['RequireDualStack', ['IPv4', 'IPv6'], ['None']],
  )
})

test('a second address comes and goes with the policy', async () => {
  await using api = await registryFixture(dual)
  const { json } = await api.ask(`POST ${services}`, { body: serviceOf({}) })
  const patched = async (spec: object) =>
    (
      await api.ask(`PATCH ${services}/web`, {
        body: { spec },
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    ).json
  const both = await patched({ ipFamilyPolicy: 'PreferDualStack' })
  assert.equal(both.spec.clusterIPs[0], json.spec.clusterIP)
  assert.match(both.spec.clusterIPs[1], /^fd00:10:96::/)
  const kept = await patched({ ipFamilies: ['IPv4'] })
  assert.equal(
    kept.message,
    'Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be \'SingleStack\' to release the secondary IP family',
  )
  const single = await patched({ ipFamilyPolicy: 'SingleStack' })
  assert.deepEqual(single.spec.clusterIPs, [json.spec.clusterIP])
  const made = await api.ask('GET /apis/networking.k8s.io/v1/ipaddresses')
  assert.equal(made.json.items.length, 1)
})
