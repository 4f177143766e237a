// How much memory an idle cluster of three nodes takes: the sum of PSS of everything Sampan runs,
// when it has come to rest, and what of it each process takes.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const sampan = join(import.meta.dirname, '../bin/sampan')
const restMs = Number(process.argv[2] ?? 20) * 1000
const home = mkdtempSync(join(tmpdir(), 'sampan-bench-'))
const env = { ...process.env, SAMPAN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }

try {
  execFileSync(sampan, ['up', '--name', 'bench'], { env, stdio: 'ignore' })
  await delay(restMs)
  const processes = clusterProcesses()
  const totalKb = processes.reduce((sum, { pssKb }) => sum + pssKb, 0)
  for (const { command, pssKb } of processes) console.log(`${megabytes(pssKb)}  ${command}`)
  console.log(`${megabytes(totalKb)}  all of an idle cluster of three nodes (sum of PSS)`)
} finally {
  execFileSync(sampan, ['down', '--name', 'bench'], { env, stdio: 'ignore' })
  rmSync(home, { recursive: true, force: true })
}

/** All processes whose environment names the cluster's folder, the largest first. */
function clusterProcesses() {
  const found = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      if (!environment.includes(`SAMPAN_CLUSTER_FOLDER=${home}/`)) return []
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return [{ command: shown(words), pssKb: Number(/^Pss: +(\d+)/m.exec(rollup)?.[1] ?? 0) }]
    } catch {
      return []
    }
  })
  return found.toSorted((a, b) => b.pssKb - a.pssKb)
}

/** The part of ours that it runs, else the program and its first words. */
function shown(words: readonly string[]): string {
  const part = words.find((word) => /\/dist\/.*\.js$/.test(word))
  const program = words[0]?.split('/').at(-1) ?? ''
  if (part && program.startsWith('node')) return part.split('/').at(-1) ?? ''
  return [program, ...words.slice(1, 3)].join(' ').slice(0, 40)
}

function megabytes(kb: number): string {
  return `${(kb / 1024).toFixed(1).padStart(6)} MB`
}
