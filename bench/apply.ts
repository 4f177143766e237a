// From `kubectl apply` to Ready and answering through the Service, the image being there: for one
// Pod of nginx and for fifty on three nodes. Prints what kind and minikube take where they have a
// cluster on this machine (contexts kind-kind and minikube, nginx:1.25 loaded).

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const sampan = join(import.meta.dirname, '../bin/sampan')
const image = join(import.meta.dirname, '../test/images/out/nginx.tar')
const rounds = Number(process.argv[2] ?? 3)
const home = mkdtempSync(join(tmpdir(), 'sampan-bench-'))
const ownEnv = { ...process.env, SAMPAN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }

/** A cluster as kubectl sees it, and where its node ports answer. */
interface Target {
  readonly context: string
  readonly env: NodeJS.ProcessEnv
  readonly address: string
}

const manifest = (replicas: number, nodePort: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: bench }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: bench } }
  template:
    metadata: { labels: { app: bench } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: nginx
        image: nginx:1.25
        imagePullPolicy: IfNotPresent
        readinessProbe: { httpGet: { path: /, port: 80 } }
---
apiVersion: v1
kind: Service
metadata: { name: bench }
spec: { type: NodePort, selector: { app: bench }, ports: [{ port: 80, nodePort: ${nodePort} }] }
`

console.log(`${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`)
try {
  execFileSync(sampan, ['up', '--name', 'bench'], { env: ownEnv, stdio: 'ignore' })
  execFileSync(sampan, ['load', image, '--name', 'bench'], { env: ownEnv, stdio: 'ignore' })
  await report('sampan', { context: 'sampan-bench', env: ownEnv, address: '127.0.0.1' })
} finally {
  execFileSync(sampan, ['down', '--name', 'bench'], { env: ownEnv, stdio: 'ignore' })
  rmSync(home, { recursive: true, force: true })
}
for (const [name, context] of [
  ['kind', 'kind-kind'],
  ['minikube', 'minikube'],
] as const) {
  const address = addressOf(context)
  if (address === undefined) console.log(`${name}: no cluster on this machine`)
  else await report(name, { context, env: process.env, address })
}

async function report(name: string, target: Target): Promise<void> {
  await applied(target, 1)
  for (const replicas of [1, 50]) {
    const figures: number[] = []
    for (let round = 0; round < rounds; round++) figures.push(await applied(target, replicas))
    const sorted = figures.toSorted((a, b) => a - b)
    const shown = sorted.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(', ')
    const pods = replicas === 1 ? '1 Pod' : `${replicas} Pods`
    console.log(`${name}, ${pods}, apply to Ready and answering: ${shown}`)
  }
}

async function applied(target: Target, replicas: number): Promise<number> {
  const nodePort = 31_999
  const startedAt = performance.now()
  kubectl(target, ['apply', '-f', '-'], manifest(replicas, nodePort))
  kubectl(target, ['rollout', 'status', 'deployment/bench', '--timeout=5m'])
  await untilAnswer(`http://${target.address}:${nodePort}/`)
  const tookMs = performance.now() - startedAt
  kubectl(target, ['delete', 'deployment,service', 'bench'])
  kubectl(target, ['wait', '--for=delete', 'pods', '-l', 'app=bench', '--timeout=2m'])
  return tookMs
}

async function untilAnswer(url: string): Promise<void> {
  while (!(await answers(url))) await delay(10)
}

/** One request on a connection of its own: fetch() waits a second after one that was reset. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    }).on('error', () => resolve(false))
  })
}

function kubectl({ context, env }: Target, argv: readonly string[], input = ''): string {
  return execFileSync('kubectl', ['--context', context, ...argv], {
    ...{ env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] },
  })
}

/** The address of a cluster's first node, where there is such a cluster. */
function addressOf(context: string): string | undefined {
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'
  try {
    const target = { context, env: process.env, address: '' }
    return kubectl(target, ['get', 'nodes', '-o', path, '--request-timeout=2s'])
  } catch {
    return undefined
  }
}
