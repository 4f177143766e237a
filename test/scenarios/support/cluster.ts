// A cluster for a scenario: brought up as a user would, spoken to with kubectl, gone afterwards.

import assert from 'node:assert/strict'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CommandResult } from '../../../src/host/command.ts'
import type { Identity } from './identity.ts'
import { projectFolder } from './identity.ts'

export interface ClusterOptions {
  readonly name?: string
  /** Text of a kind file. */
  readonly kindFile?: string
  readonly flags?: readonly string[]
  /** Names below test/images/out, without .tar. */
  readonly images?: readonly string[]
}

export interface TestCluster {
  readonly name: string
  readonly identity: Identity
  /** Runs sampan VERB --name NAME ...; fails the test unless it exits with 0. */
  sampan(...argv: readonly string[]): Promise<string>
  /** Runs kubectl; fails the test unless it exits with 0. Returns stdout without the last line end. */
  kubectl(...argv: readonly string[]): Promise<string>
  /** As kubectl(), but the result whatever the exit code. */
  tryKubectl(...argv: readonly string[]): Promise<CommandResult>
  /** kubectl apply -f of the text. */
  apply(manifest: string, ...flags: readonly string[]): Promise<string>
  json<T>(...argv: readonly string[]): Promise<T>
  /** A file for this cluster's user. Returns its path. */
  file(name: string, text: string): string
  down(): Promise<void>
}

export async function startCluster(
  identity: Identity,
  { name = 'test', kindFile, flags = [], images = [] }: ClusterOptions = {},
): Promise<TestCluster> {
  const cluster = clusterOf(identity, name)
  const config = kindFile ? ['--config', cluster.file('kind.yml', kindFile)] : []
  await cluster.sampan('up', '--wait', '90s', ...config, ...flags)
  for (const image of images) await cluster.sampan('load', await readableImage(identity, image))
  return cluster
}

/** The image's file, or a copy of it where the clone is not for all to read. */
export async function readableImage(identity: Identity, image: string): Promise<string> {
  const path = imageFile(image)
  const { exitCode } = await identity.run(['test', '-r', path])
  if (exitCode === 0) return path
  const copy = join(identity.home, `${image}.tar`)
  copyFileSync(path, copy)
  return copy
}

/** `npm run images` makes them. */
export function imageFile(image: string): string {
  const path = join(projectFolder, 'test/images/out', `${image}.tar`)
  assert.ok(existsSync(path), `${path} is not there: npm run images makes it`)
  return path
}

/** A cluster by name, whether it is up or not. */
export function clusterOf(identity: Identity, name: string): TestCluster {
  const succeed = async (argv: readonly string[], input?: string) => {
    const result = await identity.run(argv, input === undefined ? {} : { input })
    assert.equal(
      result.exitCode,
      0,
      `${argv.join(' ')} (exit code ${result.exitCode}):\n${result.stderr}\n${result.stdout}`,
    )
    return result.stdout.replace(/\n$/, '')
  }
  const kubectlOf = (argv: readonly string[]) => [
    ...['kubectl', '--kubeconfig', join(identity.home, '.kube/config')],
    ...['--context', `sampan-${name}`, ...argv],
  ]
  const kubectl = (...argv: readonly string[]) => succeed(kubectlOf(argv))
  return {
    name,
    identity,
    sampan: (verb = '', ...argv) =>
      succeed([identity.sampan, ...verb.split(' '), '--name', name, ...argv]),
    kubectl,
    tryKubectl: (...argv) => identity.run(kubectlOf(argv)),
    apply: (manifest, ...flags) => succeed(kubectlOf(['apply', '-f', '-', ...flags]), manifest),
    json: async (...argv) => JSON.parse(await kubectl(...argv, '-o', 'json')),
    file(fileName, text) {
      const path = join(identity.home, fileName)
      writeFileSync(path, text, { mode: 0o644 })
      return path
    },
    async down() {
      await succeed([identity.sampan, 'down', '--name', name])
    },
  }
}

/** Tries again until `attempt` no longer throws; then throws what it threw last. */
export async function eventually<T>(
  attempt: () => Promise<T>,
  { withinMs = 30_000 }: { readonly withinMs?: number } = {},
): Promise<T> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await delay(50)
    }
  }
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** One request on a connection of its own, as curl makes it. */
export function get(url: string, timeoutMs = 5_000): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, timeout: timeoutMs }, (incoming) => {
      let body = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk) => (body += chunk))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }))
      incoming.on('error', reject)
    })
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`${url}: no answer in ${timeoutMs} ms`)),
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Nothing listens at an address of this host. */
export async function refuses(url: string): Promise<void> {
  await assert.rejects(get(url, 1_000), `${url} answers, and should not`)
}

/**
 * What is outside of the cluster has no way in: this host has neither address nor route for the
 * cluster's networks. (To send something and wait would tell as little as the network around
 * the host, which may answer for any address.)
 */
export async function isUnknownToHost({ run }: Identity): Promise<void> {
  const addresses = await run(['ip', '-4', 'addr'])
  const routes = await run(['ip', '-4', 'route', 'show', 'table', 'all'])
  assert.doesNotMatch(addresses.stdout + routes.stdout, /\b(10\.244|10\.96|172\.18)\./)
}
