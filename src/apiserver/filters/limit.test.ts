import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textAnswer } from '../answer.ts'
import { requestOf } from '../in-process.ts'
import type { UserInfo } from '../request.ts'
import { limitInFlight } from './limit.ts'

const ada: UserInfo = { name: 'ada', groups: [] }
const root: UserInfo = { name: 'root', groups: ['system:masters'] }

test('more than the limit are told to come back, except streams and administrators', async () => {
  const limit = limitInFlight({ reads: 1, writes: 1 })
  let finish = () => {}
  const slow = () =>
    new Promise<ReturnType<typeof textAnswer>>((resolve) => {
      finish = () => resolve(textAnswer(200, 'ok'))
    })
  const ask = (path: string, user = ada, method: 'GET' | 'POST' = 'GET') =>
    limit(requestOf({ method, path }, user), async () => textAnswer(200, 'ok'))
  const first = limit(requestOf({ method: 'GET', path: '/api/v1/pods' }, ada), slow)
  await assert.rejects(ask('/api/v1/pods'), {
    reason: 'TooManyRequests',
    message: 'Too many requests, please try again later.',
    details: { retryAfterSeconds: 1 },
  })
  await ask('/api/v1/namespaces/a/pods', ada, 'POST')
  await ask('/api/v1/pods?watch=true')
  await ask('/api/v1/namespaces/a/pods/web/log?follow=true')
  await ask('/api/v1/pods', root)
  finish()
  await first
  await ask('/api/v1/pods')
})
