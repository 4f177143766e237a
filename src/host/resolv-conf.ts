// The host's resolv.conf: who is asked for names, and what the fabric's own copy of it says.

import { readFile, realpath } from 'node:fs/promises'

export interface ResolvConf {
  readonly nameservers: readonly string[]
  readonly search: readonly string[]
  readonly options: readonly string[]
}

/** resolv.conf(5): the last search line counts; three name servers at most. */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text
    .split('\n')
    .map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/),
    )
    .map(([keyword = '', ...values]) => ({ keyword, values }))
  const valuesOf = (...keywords: string[]) =>
    lines.filter(({ keyword }) => keywords.includes(keyword)).map(({ values }) => values)
  const nameservers = valuesOf('nameserver').flatMap(([address]) => (address ? [address] : []))
  return {
    nameservers: nameservers.length > 0 ? nameservers.slice(0, 3) : ['127.0.0.1'],
    search: valuesOf('search', 'domain').at(-1) ?? [],
    options: valuesOf('options').flat(),
  }
}

export function renderResolvConf({ nameservers, search, options }: ResolvConf): string {
  return [
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n')
}

/** The host's own file; `file` is where it really is, behind symbolic links. */
export async function readResolvConf(
  path = '/etc/resolv.conf',
): Promise<ResolvConf & { readonly file: string }> {
  const [file, text] = await Promise.all([
    realpath(path).catch(() => path),
    readFile(path, 'utf8').catch(() => ''),
  ])
  return { ...parseResolvConf(text), file }
}
