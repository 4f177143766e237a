import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channel, decodeMessage, decodeSize, encodeMessage, saysStatus } from './remotecommand.ts'

test('a binary message is its channel and its data', () => {
  const message = encodeMessage('v5.channel.k8s.io', { channel: 1, data: Buffer.from('hi') })
  assert.deepEqual(Buffer.from(message), Buffer.from('\x01hi'))
  const read = decodeMessage('v5.channel.k8s.io', Buffer.from([255, 0]))
  assert.equal(read?.channel, channel.close)
  assert.deepEqual([...(read?.data ?? [])], [0])
  assert.equal(decodeMessage('v4.channel.k8s.io', new Uint8Array()), undefined)
})

test('a base64 message begins with a digit', () => {
  const protocol = 'v4.base64.channel.k8s.io'
  assert.equal(encodeMessage(protocol, { channel: 3, data: Buffer.from('hi') }), '3aGk=')
  const read = decodeMessage(protocol, Buffer.from('0aGk='))
  assert.deepEqual([read?.channel, Buffer.from(read?.data ?? []).toString()], [0, 'hi'])
})

test('a status is said from v4 on', () => {
  assert.equal(saysStatus('v4.channel.k8s.io'), true)
  assert.equal(saysStatus('v5.channel.k8s.io'), true)
  assert.equal(saysStatus('channel.k8s.io'), false)
})

test('a size is two positive numbers', () => {
  assert.deepEqual(decodeSize('{"Width":80,"Height":24}'), { width: 80, height: 24 })
  assert.equal(decodeSize('{"Width":0,"Height":0}'), undefined)
  assert.equal(decodeSize('{"Width":"80"}'), undefined)
  assert.equal(decodeSize('not json'), undefined)
})
