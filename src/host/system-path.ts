// The PATH under which system programs are found: an ordinary user's often lacks the sbin folders.

const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** `path` with the system folders it lacks appended, so the user's own choices come first. */
export function withSystemFolders(path: string | undefined): string {
  const folders = (path ?? '').split(':').filter((folder) => folder !== '')
  return [...folders, ...systemFolders.filter((folder) => !folders.includes(folder))].join(':')
}

/** An environment for a system program: the caller's, with a PATH that finds it. */
export function systemEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return { ...Object.fromEntries(entries), PATH: withSystemFolders(env['PATH']) }
}
