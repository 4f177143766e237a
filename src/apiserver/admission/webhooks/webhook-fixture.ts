// For tests: a real webhook on 127.0.0.1 that answers over HTTPS as a function says.

import { createServer } from 'node:https'
import { createTestPki } from '../../testing/test-pki.ts'

export interface ReviewRequest {
  readonly uid: string
  readonly operation: string
  readonly dryRun: boolean
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly object: ReturnType<typeof JSON.parse>
  readonly oldObject: ReturnType<typeof JSON.parse>
  readonly userInfo: { readonly username: string }
  readonly [field: string]: unknown
}

/** The response without its uid; undefined never answers. */
export type Respond = (request: ReviewRequest, path: string) => object | undefined

export async function webhookServer(respond: Respond) {
  const pki = createTestPki()
  const asked: ReviewRequest[] = []
  const server = createServer({ ...pki.server }, (request, answer) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const review = JSON.parse(text)
      asked.push(review.request)
      const response = respond(review.request, request.url?.split('?')[0] ?? '')
      if (!response) return
      const { kind, apiVersion } = review
      answer.setHeader('content-type', 'application/json')
      answer.end(
        JSON.stringify({ kind, apiVersion, response: { uid: review.request.uid, ...response } }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    caBundle: Buffer.from(pki.ca).toString('base64'),
    /** Every request so far, in order. */
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A response that allows and patches. */
export function patching(...operations: readonly object[]) {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
  return { allowed: true, patchType: 'JSONPatch', patch }
}
