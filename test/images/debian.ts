// Debian packages without installing them: which ones, fetched into a cache of our own, unpacked
// into a folder. Works as root and as an ordinary user; the machine's package state is not touched.

import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const buffer = { maxBuffer: 64 << 20 }

/** Needed only to install or configure packages, not to run what they hold. */
const notNeeded = new Set([
  'adduser',
  'ca-certificates',
  'ca-certificates-java',
  'debconf',
  'dpkg',
  'gcc-12-base',
  'init-system-helpers',
  'install-info',
  'iproute2-doc',
  'libperl5.36',
  'perl',
  'perl-modules-5.36',
  'java-common',
  'lsb-base',
  'media-types',
  'openssl',
  'passwd',
  'perl-base',
  'sensible-utils',
  'systemd',
  'sysvinit-utils',
  'ucf',
  'usr-is-merged',
  'base-passwd',
  'libdebconfclient0',
])

export interface Debian {
  /** The packages and all they depend on, as paths of .deb files. */
  fetch(packages: readonly string[]): Promise<readonly string[]>
}

/** Of this machine's release; `suite` names another one, which its mirror has as well. */
export async function openDebian(cache: string, suite?: string): Promise<Debian> {
  const options = [...(await prepare(cache)), ...(suite ? await sourcesOf(cache, suite) : [])]
  const archives = join(cache, 'archives')
  const apt = (...args: string[]) => run('apt-get', [...options, ...args], buffer)
  if ((await readdir(join(cache, 'lists'))).length < 3) await apt('update')

  return {
    async fetch(packages) {
      const install = ['install', '--yes', '--no-install-recommends', ...packages]
      // With an archive folder that is empty, since apt leaves out what it has already.
      const { stdout } = await apt(
        ...install,
        '--print-uris',
        '-o',
        `Dir::Cache::archives=${join(cache, 'none')}`,
      )
      // 'URI' NAME SIZE SHA: one line a package, NAME as the file will be called.
      const files = stdout.split('\n').flatMap((line) => /^'\S+' (\S+\.deb) /.exec(line)?.[1] ?? [])
      const wanted = files.filter((file) => !notNeeded.has(file.split('_')[0] ?? ''))
      const present = new Set(await readdir(archives))
      if (wanted.some((file) => !present.has(file))) await apt(...install, '--download-only')
      return wanted.map((file) => join(archives, file))
    },
  }
}

/** Lets apt work on folders of our own, with no package installed as far as it can see. */
async function prepare(cache: string): Promise<string[]> {
  for (const name of ['lists/partial', 'archives/partial', 'none/partial']) {
    await mkdir(join(cache, name), { recursive: true })
  }
  await writeFile(join(cache, 'status'), '')
  const settings = {
    'Dir::State': cache,
    'Dir::State::lists': join(cache, 'lists'),
    'Dir::State::status': join(cache, 'status'),
    'Dir::Cache': cache,
    'Dir::Cache::archives': join(cache, 'archives'),
    'Dir::Log': cache,
    'APT::Sandbox::User': '',
    'Debug::NoLocking': 'true',
    'Dpkg::Use-Pty': 'false',
    'Acquire::Languages': 'none',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** A list of sources of our own: the suite from where this machine takes its packages. */
async function sourcesOf(cache: string, suite: string): Promise<string[]> {
  const format = '$(LABEL) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await run('apt-get', ['indextargets', '--format', format], buffer)
  const mirror = /^Debian main (\S+)$/m.exec(stdout)?.[1]
  if (!mirror) throw new Error('apt knows no mirror of Debian')
  await mkdir(join(cache, 'sources'), { recursive: true })
  const list = join(cache, 'sources.list')
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  await writeFile(list, `deb [signed-by=${keys}] ${mirror} ${suite} main\n`)
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': join(cache, 'sources'),
    // A client of an age is looked for, not waited for.
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '20',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** Unpacks in order; folders that are links in `target` stay links (bin -> usr/bin). */
export async function unpack(files: readonly string[], target: string): Promise<void> {
  const each =
    'for deb; do dpkg-deb --fsys-tarfile "$deb" | ' +
    'tar -x -C "$0" --keep-directory-symlink --no-same-owner --exclude=./usr/share/doc --exclude=./usr/share/man ' +
    '--exclude=./usr/share/locale --exclude=./usr/share/bash-completion || exit 1; done'
  await run('bash', ['-o', 'pipefail', '-c', each, target, ...files], buffer)
}
