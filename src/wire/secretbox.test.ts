import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSecretbox, sealSecretbox } from './secretbox.ts'

// The example of NaCl's own tests (tests/secretbox.c).
const key = Buffer.from('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389', 'hex')
const nonce = Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex')
const message = Buffer.from(
  [
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc',
    'e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31',
    '0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde',
    '048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864',
    '5e0705',
  ].join(''),
  'hex',
)
const box = Buffer.from(
  [
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce',
    '48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972',
    '71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae',
    '90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3',
    '7973f622a43d14a6599b1f654cb45a74e355a5',
  ].join(''),
  'hex',
)

test('a box is what NaCl makes of the message', () => {
  assert.deepEqual(sealSecretbox(message, nonce, key), box)
  assert.deepEqual(openSecretbox(box, nonce, key), message)
})

test('messages of any length come back', () => {
  for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 64, 1000]) {
    const plain = Buffer.alloc(length, length)
    assert.deepEqual(openSecretbox(sealSecretbox(plain, nonce, key), nonce, key), plain)
  }
})

test('a box that was changed, or is of another key, does not open', () => {
  const changed = Buffer.from(box)
  changed[40] = (changed[40] ?? 0) ^ 1
  assert.equal(openSecretbox(changed, nonce, key), undefined)
  assert.equal(openSecretbox(box, nonce, Buffer.alloc(32)), undefined)
  assert.equal(openSecretbox(box.subarray(0, 8), nonce, key), undefined)
})
