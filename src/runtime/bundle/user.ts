// Who a container's process is: the pod's wish, else the image's, looked up in the image's own
// /etc/passwd and /etc/group. Pure: the files come in as text.

export interface ContainerUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  readonly home: string
}

export interface UserWish {
  readonly uid?: number
  readonly username?: string
  readonly gid?: number
  readonly supplementalGroups: readonly number[]
  /** `user`, `uid`, `user:group`, `uid:gid` or empty. */
  readonly imageUser: string
}

export interface AccountFiles {
  readonly passwd: string
  readonly group: string
}

export class UnknownUser extends Error {}

export function resolveUser(wish: UserWish, files: AccountFiles): ContainerUser {
  const [imageUser = '', imageGroup] = wish.imageUser.split(':')
  const isFromImage = wish.uid === undefined && !wish.username
  const name = isFromImage ? imageUser : (wish.username ?? '')
  const account = findAccount(wish.uid ?? name, parsePasswd(files.passwd))
  const groups = parseGroup(files.group)
  const ofImage = isFromImage && imageGroup ? findGroup(imageGroup, groups) : undefined
  const gid = wish.gid ?? ofImage ?? account.gid
  const memberOf = groups.filter(({ members }) => members.includes(account.name))
  return {
    uid: account.uid,
    gid,
    additionalGids: [
      ...new Set([gid, ...memberOf.map((group) => group.gid), ...wish.supplementalGroups]),
    ],
    home: account.home,
  }
}

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const nobodySpecial = { name: '', gid: 0, home: '/' }

function findAccount(wanted: number | string, accounts: readonly Account[]): Account {
  if (wanted === '') return findAccount(0, accounts)
  const uid =
    typeof wanted === 'number' ? wanted : /^\d+$/.test(wanted) ? Number(wanted) : undefined
  const found = accounts.find((account) =>
    uid === undefined ? account.name === wanted : account.uid === uid,
  )
  if (found) return found
  if (uid !== undefined) return { ...nobodySpecial, uid, home: uid === 0 ? '/root' : '/' }
  throw new UnknownUser(`unable to find user ${wanted}: no matching entries in passwd file`)
}

function findGroup(wanted: string, groups: readonly Group[]): number {
  if (/^\d+$/.test(wanted)) return Number(wanted)
  const found = groups.find(({ name }) => name === wanted)
  if (found) return found.gid
  throw new UnknownUser(`unable to find group ${wanted}: no matching entries in group file`)
}

/** passwd(5): name:password:uid:gid:comment:home:shell. */
function parsePasswd(text: string): readonly Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':')
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return []
    return [{ name, uid: Number(uid), gid: Number(gid), home: home || '/' }]
  })
}

interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** group(5): name:password:gid:member,member. */
function parseGroup(text: string): readonly Group[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gid, members = ''] = line.split(':')
    if (!name || !/^\d+$/.test(gid ?? '')) return []
    return [{ name, gid: Number(gid), members: members.split(',').filter((one) => one !== '') }]
  })
}
