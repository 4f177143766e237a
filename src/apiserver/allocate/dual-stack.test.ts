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

test('what a Service was given stays, in the words of upstream', async () => {
  await using api = await registryFixture(dual)
  const asked = { clusterIP: '10.96.0.10', ipFamilyPolicy: 'RequireDualStack' }
  const { json } = await api.ask(`POST ${services}`, { body: serviceOf(asked) })
  const [first, second] = json.spec.clusterIPs
  const causes = async (spec: object) => {
    const body = { ...json, spec: { ...json.spec, ...spec } }
    const { details } = (await api.ask(`PUT ${services}/web`, { body })).json
    return details.causes.map(
      ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
    )
  }
  const other = ['10.96.0.11', second]
  assert.deepEqual(await causes({ clusterIP: other[0], clusterIPs: other }), [
    `spec.clusterIPs[0]: Invalid value: ${JSON.stringify(other)}: may not change once set`,
  ])
  const moved = [first, 'fd00:10:96::9']
  assert.deepEqual(await causes({ clusterIPs: moved }), [
    `spec.clusterIPs[1]: Invalid value: ${JSON.stringify(moved)}: may not change once set`,
  ])
  assert.deepEqual(await causes({ clusterIP: 'None', clusterIPs: ['None'] }), [
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
  ])
})

test('addresses that are malformed or do not belong together are refused one by one', async () => {
  const causes = async (spec: object) =>
    (await created(spec)).details.causes.map(
      ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
    )
  assert.deepEqual(await causes({ clusterIPs: ['10.96.0.10'] }), [
    'spec.clusterIPs: Invalid value: ["10.96.0.10"]: must be empty when `clusterIP` is not specified',
  ])
  assert.deepEqual(await causes({ clusterIP: 'None', clusterIPs: ['None', '10.96.0.10'] }), [
    'spec.clusterIPs: Invalid value: ["None","10.96.0.10"]: \'None\' must be the first and only value',
  ])
  const both = { ipFamilyPolicy: 'RequireDualStack' }
  const pair = ['10.96.0.10', '10.96.0.11']
  assert.deepEqual(await causes({ ...both, clusterIP: pair[0], clusterIPs: pair }), [
    'spec.clusterIPs: Invalid value: ["10.96.0.10","10.96.0.11"]: may specify no more than one IP for each IP family',
  ])
  assert.deepEqual(await causes({ ...both, clusterIP: '10.96.0.10', ipFamilies: ['IPv6'] }), [
    'spec.clusterIPs[0]: Invalid value: "10.96.0.10": expected an IPv6 value as indicated by `ipFamilies[0]`',
  ])
})
