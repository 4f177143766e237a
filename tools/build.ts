// Bundles the command line and the parts into dist/: one file an entry and shared chunks, so that
// a part loads little more than what it runs. In: src/. Out: dist/*.js and a stamp.

import {
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const startedAt = new Date()
const target = join(root, 'dist')
const weekMs = 7 * 24 * 3600_000
const building = join(root, `dist.${process.pid}`)

try {
  await bundle({
    root,
    entryPoints: {
      sampan: 'src/sampan.ts',
      porter: 'src/parts/porter.ts',
      'control-plane': 'src/parts/control-plane.ts',
      agent: 'src/parts/agent.ts',
      supervisor: 'src/parts/supervisor.ts',
    },
    outdir: building,
    version,
  })
  install()
} catch (error) {
  rmSync(building, { recursive: true, force: true })
  console.error(`sampan: building dist/ failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

/**
 * File by file, so that there is a whole dist/ at any moment; chunks are named by their content,
 * and those of an earlier build stay a week for parts that run since then and load lazily.
 */
function install(): void {
  const files = globSync('**/*.{js,map}', { cwd: building })
  mkdirSync(join(target, 'chunks'), { recursive: true })
  // Chunks first: an entry must never name one that is not there yet.
  for (const file of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    renameSync(join(building, file), join(target, file))
  }
  for (const file of globSync('chunks/*', { cwd: target })) {
    const path = join(target, file)
    if (!files.includes(file) && Date.now() - statSync(path).mtimeMs > weekMs) rmSync(path)
  }
  writeFileSync(join(target, 'stamp'), '')
  utimesSync(join(target, 'stamp'), startedAt, startedAt)
  rmSync(building, { recursive: true, force: true })
}

function isEntry(file: string): boolean {
  return !file.includes('/')
}
