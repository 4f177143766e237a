// Servers that tests speak to, taken out of their Debian packages instead of installed: a package
// that is installed starts its server, and nobody asked for that.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { Debian } from './debian.ts'

const run = promisify(execFile)

/** Program in /usr/bin -> the package that has it. */
const packageOf: Readonly<Record<string, string>> = {
  'docker-registry': 'docker-registry',
  etcd: 'etcd-server',
}

export function missingPrograms(folder: string): readonly string[] {
  return Object.keys(packageOf).filter((program) => !existsSync(join(folder, program)))
}

/** Puts the programs that are missing into `folder`. */
export async function takePrograms(debian: Debian, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const program of missingPrograms(folder)) {
    const name = packageOf[program] ?? program
    const files = await debian.fetch([name])
    const archive = files.find((file) => basename(file).startsWith(`${name}_`))
    if (!archive) throw new Error(`Debian has no package ${name}`)
    const unpacked = await mkdtemp(join(folder, '.unpack-'))
    try {
      await run('dpkg-deb', ['-x', archive, unpacked])
      await cp(join(unpacked, 'usr/bin', program), join(folder, program))
    } finally {
      await rm(unpacked, { recursive: true, force: true })
    }
  }
}
