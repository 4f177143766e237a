// What this machine lacks for a cluster with real containers, and the one command that adds it.
// In: facts read from the machine. Out: problems, the fatal ones first.

import { access, constants, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { withSystemFolders } from './system-path.ts'

export interface MachineProblem {
  readonly message: string
  /** What to type to solve it. */
  readonly command: string
  /** A cluster can't run while this stands. Otherwise it runs with less. */
  readonly isFatal: boolean
}

export interface MachineFacts {
  readonly isRoot: boolean
  readonly user: string
  readonly uid: number
  /** Programs of the table below that were not found. */
  readonly missing: readonly string[]
  readonly subuid: string
  readonly subgid: string
  /** Contents of sysctl files, trimmed; undefined where the kernel has none. */
  readonly userNamespaceLimit: string | undefined
  readonly unprivilegedClone: string | undefined
  readonly appArmorRestriction: string | undefined
}

interface Program {
  readonly program: string
  /** The Debian package it is in. */
  readonly package: string
  readonly neededBy: 'everyone' | 'users' | 'nobody'
}

/** Programs that Sampan runs. `nobody` needs those that only make something better. */
export const programs: readonly Program[] = [
  { program: 'unshare', package: 'util-linux', neededBy: 'everyone' },
  { program: 'nsenter', package: 'util-linux', neededBy: 'everyone' },
  { program: 'mount', package: 'mount', neededBy: 'everyone' },
  { program: 'ip', package: 'iproute2', neededBy: 'everyone' },
  { program: 'nft', package: 'nftables', neededBy: 'everyone' },
  { program: 'crun', package: 'crun', neededBy: 'everyone' },
  { program: 'newuidmap', package: 'uidmap', neededBy: 'users' },
  { program: 'newgidmap', package: 'uidmap', neededBy: 'users' },
  { program: 'conntrack', package: 'conntrack', neededBy: 'nobody' },
]

export function findProblems(facts: MachineFacts): readonly MachineProblem[] {
  const problems = [
    ...missingPrograms(facts),
    ...(facts.isRoot ? [] : [...noUserNamespaces(facts), ...noSubordinateIds(facts)]),
  ]
  return problems.toSorted((a, b) => Number(b.isFatal) - Number(a.isFatal))
}

function missingPrograms({ missing, isRoot }: MachineFacts): readonly MachineProblem[] {
  const lacking = programs.filter(
    ({ program, neededBy }) => missing.includes(program) && !(isRoot && neededBy === 'users'),
  )
  const problem = (some: readonly Program[], isFatal: boolean): readonly MachineProblem[] =>
    some.length === 0
      ? []
      : [
          {
            message: `not found on this machine: ${some.map(({ program }) => program).join(', ')}`,
            command: asRoot(isRoot, `apt-get install -y ${packagesOf(some).join(' ')}`),
            isFatal,
          },
        ]
  return [
    ...problem(
      lacking.filter(({ neededBy }) => neededBy === 'everyone'),
      true,
    ),
    ...problem(
      lacking.filter(({ neededBy }) => neededBy !== 'everyone'),
      false,
    ),
  ]
}

function packagesOf(some: readonly Program[]): readonly string[] {
  return [...new Set(some.map((program) => program.package))]
}

function noUserNamespaces(facts: MachineFacts): readonly MachineProblem[] {
  const refuse = (message: string, setting: string): readonly MachineProblem[] => [
    { message, command: `sudo sysctl -w ${setting}`, isFatal: true },
  ]
  if (facts.userNamespaceLimit === '0')
    return refuse('this kernel allows no user namespaces', 'user.max_user_namespaces=15000')
  if (facts.unprivilegedClone === '0')
    return refuse('user namespaces are for root only here', 'kernel.unprivileged_userns_clone=1')
  if (facts.appArmorRestriction === '1')
    return refuse(
      'AppArmor keeps ordinary users from using user namespaces here',
      'kernel.apparmor_restrict_unprivileged_userns=0',
    )
  return []
}

function noSubordinateIds(facts: MachineFacts): readonly MachineProblem[] {
  if (hasSubordinateIds(facts)) return []
  const range = freeRange(`${facts.subuid}\n${facts.subgid}`)
  return [
    {
      message: `${facts.user} has no subordinate ids, so all files in containers belong to one user`,
      command: `sudo usermod --add-subuids ${range} --add-subgids ${range} ${facts.user}`,
      isFatal: false,
    },
  ]
}

/** 65536 ids above all that are somebody's, from where adduser starts. */
function freeRange(text: string): string {
  const ends = text.split('\n').map((line) => {
    const [, first, count] = line.split(':')
    return Number(first) + Number(count)
  })
  const first = Math.max(100_000, ...ends.filter((end) => Number.isFinite(end)))
  return `${first}-${first + 65_535}`
}

/** subuid(5): lines of `user name or uid:first id:count`. */
export function hasSubordinateIds({ user, uid, subuid, subgid }: MachineFacts): boolean {
  const has = (text: string) =>
    text.split('\n').some((line) => {
      const [owner, , count] = line.split(':')
      return (owner === user || owner === String(uid)) && Number(count) > 0
    })
  return has(subuid) && has(subgid)
}

/** A user namespace gets a range of ids where newuidmap can write it. */
export function canMapRange(facts: MachineFacts): boolean {
  const { missing } = facts
  return (
    hasSubordinateIds(facts) && !missing.includes('newuidmap') && !missing.includes('newgidmap')
  )
}

function asRoot(isRoot: boolean, command: string): string {
  return isRoot ? command : `sudo ${command}`
}

export async function readMachineFacts(isRoot: boolean): Promise<MachineFacts> {
  const { username, uid } = userInfo()
  const text = (path: string) => readFile(path, 'utf8').catch(() => '')
  const setting = (path: string) =>
    readFile(`/proc/sys/${path}`, 'utf8').then(
      (value) => value.trim(),
      () => undefined,
    )
  const [missing, subuid, subgid, userNamespaceLimit, unprivilegedClone, appArmorRestriction] =
    await Promise.all([
      findMissing(programs.map(({ program }) => program)),
      text('/etc/subuid'),
      text('/etc/subgid'),
      setting('user/max_user_namespaces'),
      setting('kernel/unprivileged_userns_clone'),
      setting('kernel/apparmor_restrict_unprivileged_userns'),
    ])
  const ids = { user: username, uid, subuid, subgid }
  const limits = { userNamespaceLimit, unprivilegedClone, appArmorRestriction }
  return { isRoot, missing, ...ids, ...limits }
}

async function findMissing(names: readonly string[]): Promise<readonly string[]> {
  const folders = withSystemFolders(process.env['PATH']).split(':')
  const isFound = async (name: string) => {
    for (const folder of folders) {
      const found = access(`${folder}/${name}`, constants.X_OK)
      if (
        await found.then(
          () => true,
          () => false,
        )
      )
        return true
    }
    return false
  }
  const found = await Promise.all(names.map(isFound))
  return names.filter((_, index) => !found[index])
}
