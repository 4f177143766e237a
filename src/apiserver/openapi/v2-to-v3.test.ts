import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convertToV3 } from './v2-to-v3.ts'

test('what v3 says in another place is moved there', () => {
  const v2 = {
    swagger: '2.0',
    info: { title: 'wardle', version: '1' },
    paths: {
      '/apis/': { get: { responses: {} } },
      '/apis/wardle/v1/flunders': {
        parameters: [
          {
            name: 'pretty',
            in: 'query',
            type: 'string',
            uniqueItems: true,
            description: 'Pretty.',
          },
        ],
        post: {
          operationId: 'create',
          consumes: ['*/*'],
          produces: ['application/json'],
          schemes: ['https'],
          parameters: [
            { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/F' } },
          ],
          responses: {
            201: { description: 'Created', schema: { $ref: '#/definitions/F' } },
            401: { description: 'Unauthorized' },
          },
          'x-kubernetes-action': 'post',
        },
      },
    },
    definitions: {
      F: { type: 'object', properties: { m: { $ref: '#/definitions/M' } } },
      M: { type: 'object' },
    },
  }
  const reference = { schema: { $ref: '#/components/schemas/F' } }
  assert.deepEqual(convertToV3(v2, '/apis/wardle/v1/'), {
    openapi: '3.0.0',
    info: { title: 'wardle', version: '1' },
    paths: {
      '/apis/wardle/v1/flunders': {
        parameters: [
          {
            name: 'pretty',
            in: 'query',
            description: 'Pretty.',
            schema: { type: 'string', uniqueItems: true },
          },
        ],
        post: {
          operationId: 'create',
          'x-kubernetes-action': 'post',
          requestBody: { content: { '*/*': reference }, required: true },
          responses: {
            201: { description: 'Created', content: { 'application/json': reference } },
            401: { description: 'Unauthorized' },
          },
        },
      },
    },
    components: {
      schemas: {
        F: { type: 'object', properties: { m: { $ref: '#/components/schemas/M' } } },
        M: { type: 'object' },
      },
    },
  })
})

test('what is no document makes an empty one', () => {
  assert.deepEqual(convertToV3(undefined, '/apis/a/v1/'), {
    openapi: '3.0.0',
    info: {},
    paths: {},
    components: { schemas: {} },
  })
})
