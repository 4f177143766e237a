import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planStore } from './store-flag.ts'

test('without flags the cluster keeps its own log', () => {
  assert.equal(planStore({}), undefined)
})

test('members and certificates of an etcd are taken as given', () => {
  const store = 'etcd=https://10.0.0.1:2379,https://etcd-2.example.com:2379/'
  const files = {
    ...{ caFile: '/etc/ca.crt', certFile: '/etc/c.crt', keyFile: '/etc/c.key' },
    ...{ user: 'sampan', passwordFile: '/etc/password' },
  }
  assert.deepEqual(planStore({ store, ...files }), {
    endpoints: ['https://10.0.0.1:2379', 'https://etcd-2.example.com:2379'],
    ...files,
  })
})

test('what names no etcd is refused, and the message says what is expected', () => {
  const refusals = [
    [{ store: 'disk' }, '--store disk: expected etcd=URL,...'],
    [{ store: 'etcd' }, '--store: "" is no http://HOST:PORT or https://HOST:PORT'],
    [
      { store: 'etcd=127.0.0.1:2379' },
      '--store: "127.0.0.1:2379" is no http://HOST:PORT or https://HOST:PORT',
    ],
    [{ caFile: '/ca' }, '--etcd-*: needs --store etcd=URL,...'],
    [
      { store: 'etcd=http://a:1', keyFile: '/key' },
      '--etcd-certfile and --etcd-keyfile: one needs the other',
    ],
    [
      { store: 'etcd=http://a:1', user: 'sampan' },
      '--etcd-user and --etcd-password-file: one needs the other',
    ],
  ] as const
  for (const [flags, message] of refusals) assert.throws(() => planStore(flags), { message })
})
