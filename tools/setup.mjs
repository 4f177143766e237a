#!/usr/bin/env node
// Makes a clone ready to run with nothing but Node.js 20 and npm: npm packages (among them the
// Node.js that everything else runs on), and the Debian packages whose programs are missing.
// Plain JavaScript without dependencies. Does nothing, quickly, when all is there.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isRoot = process.getuid?.() === 0
const userName = userInfo().username

/** Programs and the Debian package of each; `isNeeded: false` are named but not insisted on. */
const programs = [
  { program: 'libatomic.so.1', package: 'libatomic1', isNeeded: true, isThere: hasLibatomic },
  { program: 'crun', package: 'crun', isNeeded: true },
  { program: 'nft', package: 'nftables', isNeeded: true },
  { program: 'ip', package: 'iproute2', isNeeded: true },
  { program: 'unshare', package: 'util-linux', isNeeded: true },
  { program: 'nsenter', package: 'util-linux', isNeeded: true },
  { program: 'mount', package: 'mount', isNeeded: true },
  { program: 'ps', package: 'procps', isNeeded: false },
  { program: 'newuidmap', package: 'uidmap', isNeeded: !isRoot },
  { program: 'conntrack', package: 'conntrack', isNeeded: false },
  { program: 'kubectl', package: 'kubernetes-client', isNeeded: false },
  { program: 'curl', package: 'curl', isNeeded: false },
]

/** What tests ask of the machine beyond that: `node tools/setup.mjs --tests`. */
const testPrograms = [
  { program: 'dig', package: 'bind9-dnsutils', isNeeded: true },
  { program: 'busybox', package: 'busybox-static', isNeeded: true },
  { program: 'zstd', package: 'zstd', isNeeded: true },
  { program: 'openssl', package: 'openssl', isNeeded: true },
  { program: 'script', package: 'bsdutils', isNeeded: true },
  {
    program: 'kubernetes of python3',
    package: 'python3-kubernetes',
    isNeeded: false,
    isThere: () => modified('/usr/lib/python3/dist-packages/kubernetes') !== undefined,
  },
]
const isForTests = process.argv.includes('--tests')

checkPlatform()
// Debian first: the Node.js that npm brings needs a library that a small Debian lacks.
installDebianPackages()
installNpmPackages()
checkSubordinateIds()

function checkPlatform() {
  const [major] = process.versions.node.split('.').map(Number)
  if (process.platform !== 'linux') fail(`Sampan runs on Linux, and this is ${process.platform}.`)
  if (major < 20) fail(`Node.js 20 or newer is needed, and this is ${process.versions.node}.`)
}

function installNpmPackages() {
  if (!isInstalled()) {
    step('npm packages')
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  }
  // Where npm is set to run no install scripts, these two lack their programs.
  if (!runsPinnedNode()) {
    step('Node.js for Sampan')
    run('npm', ['rebuild', 'node', 'esbuild', '--ignore-scripts=false', '--loglevel=error'])
  }
  if (!runsPinnedNode()) {
    fail('The npm package "node" did not install. Remove node_modules and run npm ci.')
  }
}

/** npm notes in node_modules when it last made it match the lock file. */
function isInstalled() {
  const installed = modified('node_modules/.package-lock.json')
  return installed !== undefined && installed >= (modified('package-lock.json') ?? 0)
}

function runsPinnedNode() {
  return isExecutable(join(root, 'node_modules/node/bin/node'))
}

function installDebianPackages() {
  const wanted = isForTests ? [...programs, ...testPrograms] : programs
  const missing = wanted.filter(({ program, isThere = () => isOnPath(program) }) => !isThere())
  if (missing.length === 0 && hasCertificates()) return
  const packages = [
    ...new Set([
      ...missing.map((entry) => entry.package),
      ...(hasCertificates() ? [] : ['ca-certificates']),
    ]),
  ]
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages]
  if (isRoot && isOnPath('apt-get')) {
    step(`Debian packages: ${packages.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    if (!succeeds('apt-get', ['update', '-qq'], env)) note('apt-get update failed; trying without.')
    if (succeeds(install[0], ['-qq', ...install.slice(1)], env)) return
  }
  const command = isOnPath('apt-get') ? `${isRoot ? '' : 'sudo '}${install.join(' ')}` : undefined
  const needed = missing.filter(({ isNeeded }) => isNeeded)
  const names = (needed.length > 0 ? needed : missing).map(({ program }) => program).join(', ')
  const advice = command
    ? `Install with:\n\n  ${command}\n`
    : `Install them with this system's package manager (Debian calls them ${packages.join(', ')}).`
  if (needed.length > 0) fail(`Not found on this machine: ${names}. ${advice}`)
  if (names) note(`Not found on this machine, and of use: ${names}. ${advice}`)
}

/** The folders in which Linux distributions keep it. */
function hasLibatomic() {
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  return [`/usr/lib/${machine}`, `/lib/${machine}`, '/usr/lib64', '/lib64', '/usr/lib'].some(
    (folder) => modified(`${folder}/libatomic.so.1`) !== undefined,
  )
}

function hasCertificates() {
  return (
    modified('/etc/ssl/certs/ca-certificates.crt') !== undefined ||
    modified('/etc/ssl/cert.pem') !== undefined
  )
}

/** An ordinary user's containers need more user ids than his own; newuidmap(1) lends them. */
function checkSubordinateIds() {
  if (isRoot) return
  const lacking = ['/etc/subuid', '/etc/subgid'].some((file) => !hasRange(file))
  if (!lacking) return
  const range = '100000-165535'
  note(
    `${userName} has no subordinate ids, so all files in containers will belong to one user.\n` +
      `Add them with:\n\n  sudo usermod --add-subuids ${range} --add-subgids ${range} ${userName}\n`,
  )
}

/** subuid(5): lines of `user name or uid:first id:count`. */
function hasRange(file) {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .some(([owner, , count]) => [userName, String(process.getuid())].includes(owner) && count > 0)
  } catch {
    return false
  }
}

function modified(path) {
  return statSync(path.startsWith('/') ? path : join(root, path), { throwIfNoEntry: false })
    ?.mtimeMs
}

function isOnPath(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`
  return folders.split(':').some((folder) => folder && isExecutable(join(folder, program)))
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function succeeds(program, args, env = process.env) {
  // Output belongs to stderr: what npm start prints on stdout is the cluster's.
  return spawnSync(program, args, { cwd: root, env, stdio: ['ignore', 2, 2] }).status === 0
}

function run(program, args) {
  if (!succeeds(program, args)) fail(`${program} ${args.join(' ')} failed.`)
}

function step(text) {
  console.error(`Setting up: ${text}`)
}

function note(text) {
  console.error(text)
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
