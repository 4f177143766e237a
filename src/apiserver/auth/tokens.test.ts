import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staticTokens } from './tokens.ts'

test('a token file gives names, uids and groups', async () => {
  const tokens = staticTokens('one,ada,u1,"dev,ops"\n\ntwo,bob,u2\nthree,eve,u3,\n,nobody,u4\n')
  const user = async (token: string) => (await tokens.authenticate(token, ['a']))?.user
  assert.deepEqual(await user('one'), { name: 'ada', uid: 'u1', groups: ['dev', 'ops'] })
  assert.deepEqual(await user('two'), { name: 'bob', uid: 'u2', groups: [] })
  assert.deepEqual(await user('three'), { name: 'eve', uid: 'u3', groups: [] })
  assert.equal(await user(''), undefined)
})

test('a line of a token file that says too little is named', () => {
  assert.throws(() => staticTokens('one,ada,u1\ntwo,bob\n'), {
    message:
      'token file must have at least 3 columns (token, user name, user uid), found 2 on line 2',
  })
})
