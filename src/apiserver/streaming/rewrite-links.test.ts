import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewriteHtmlStream, rewriteLink } from './rewrite-links.ts'

const context = {
  prefix: '/api/v1/namespaces/a/pods/web/proxy',
  backendHost: '10.244.0.5:80',
  serverHost: '127.0.0.1:6443',
}

test('an absolute path leads through the proxy', () => {
  assert.equal(rewriteLink('/rewriteme?x=1#y', context), `${context.prefix}/rewriteme?x=1#y`)
})

test('the backend under its own address is reached through the server', () => {
  assert.equal(
    rewriteLink('http://10.244.0.5:80/login', context),
    `https://127.0.0.1:6443${context.prefix}/login`,
  )
})

test('other hosts, relative links and links that were rewritten stay as they are', () => {
  for (const link of ['https://example.com/x', 'next/page', '#top', `${context.prefix}/x`, ''])
    assert.equal(rewriteLink(link, context), link)
})

test('a tag cut by a chunk boundary is rewritten whole', async () => {
  const page = async function* () {
    yield Buffer.from('<p>a < b</p><a class="k" hre')
    yield Buffer.from(`f='/x'>link</a><img src="/i.png">`)
  }
  const parts: Uint8Array[] = []
  for await (const part of rewriteHtmlStream(page(), context)) parts.push(part)
  assert.equal(
    Buffer.concat(parts).toString(),
    `<p>a < b</p><a class="k" href='${context.prefix}/x'>link</a><img src="${context.prefix}/i.png">`,
  )
})
