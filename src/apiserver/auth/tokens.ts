// Bearer tokens: who a token stands for. A list of authenticators, asked in order, each of which
// either knows the token or leaves it to the next.

import type { UserInfo } from '../request.ts'

export interface Authenticated {
  readonly user: UserInfo
  /** Those of the wanted audiences that the token is meant for. */
  readonly audiences: readonly string[]
  /** What its holder should be told. */
  readonly warnings?: readonly string[]
}

export interface TokenAuthenticator {
  /** Undefined: not a token of this kind, or not good. */
  authenticate(token: string, audiences: readonly string[]): Promise<Authenticated | undefined>
}

export function firstThatKnows(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      for (const authenticator of authenticators) {
        const found = await authenticator.authenticate(token, audiences)
        if (found) return found
      }
      return undefined
    },
  }
}

/** Tokens written down in a file: TOKEN,USER,UID and optionally "GROUP,GROUP". Throws for less. */
export function staticTokens(file: string): TokenAuthenticator {
  const users = new Map(file.split('\n').flatMap(staticToken))
  return {
    async authenticate(token, audiences) {
      const user = users.get(token)
      return user && { user, audiences }
    },
  }
}

function staticToken(line: string, index: number): readonly (readonly [string, UserInfo])[] {
  if (line.trim() === '') return []
  const fields = fieldsOf(line)
  const [token, name = '', uid, groups = ''] = fields
  if (fields.length < 3) {
    const found = `found ${fields.length} on line ${index + 1}`
    throw new Error(
      `token file must have at least 3 columns (token, user name, user uid), ${found}`,
    )
  }
  // A line without a token is nobody's, as upstream has it.
  if (!token) return []
  const groupList = groups.split(',').map((group) => group.trim())
  return [[token, { name, ...(uid && { uid }), groups: groupList.filter(Boolean) }]]
}

/** Fields of one CSV line; quotes keep commas together. */
function fieldsOf(line: string): readonly string[] {
  const fields = [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)]
  // Behind the last field there is an empty match, but not behind a comma.
  const all = line.endsWith(',') ? fields : fields.slice(0, -1)
  return all.map(([, plain = '', quoted]) => (quoted ?? plain).trim())
}

interface Remembered {
  readonly found: Authenticated
  readonly untilMs: number
}

const rememberedMs = 10_000
const rememberedLimit = 4096

/** Remembers good tokens for ten seconds, as upstream does: a token gone bad is refused by then. */
export function remembering(inner: TokenAuthenticator, now: () => number): TokenAuthenticator {
  const known = new Map<string, Remembered>()
  return {
    async authenticate(token, audiences) {
      const key = `${audiences.join(' ')}\n${token}`
      const remembered = known.get(key)
      if (remembered && now() < remembered.untilMs) return remembered.found
      const found = await inner.authenticate(token, audiences)
      known.delete(key)
      if (found) known.set(key, { found, untilMs: now() + rememberedMs })
      if (known.size > rememberedLimit) known.clear()
      return found
    },
  }
}
