// Links of proxied pages and redirects, changed so that they lead through the proxy again.

export interface LinkContext {
  /** Path of the proxy: /api/v1/namespaces/N/pods/P/proxy. */
  readonly prefix: string
  /** host:port of the backend, as it may call itself. */
  readonly backendHost: string
  /** How the client reached the API server. */
  readonly serverHost: string
}

/** An absolute path gets the prefix; other hosts and relative links stay as they are. */
export function rewriteLink(
  link: string,
  { prefix, backendHost, serverHost }: LinkContext,
): string {
  const match = /^(?:(https?:)?\/\/([^/?#]*))?(\/[^?#]*)(.*)$/i.exec(link)
  if (!match) return link
  const [, , host, path = '', tail = ''] = match
  if (host !== undefined && host !== backendHost && host !== serverHost) return link
  const start = host === undefined ? '' : `https://${serverHost}`
  return path.startsWith(prefix) ? `${start}${path}${tail}` : `${start}${prefix}${path}${tail}`
}

/** Attributes of HTML that hold one link. */
const linkAttribute =
  /(\s(?:action|background|cite|classid|codebase|data|formaction|href|icon|longdesc|manifest|poster|profile|src|usemap)\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi

export function rewriteHtml(html: string, context: LinkContext): string {
  return html.replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(linkAttribute, (_, start: string, double?: string, single?: string) =>
      double !== undefined
        ? `${start}"${rewriteLink(double, context)}"`
        : `${start}'${rewriteLink(single ?? '', context)}'`,
    ),
  )
}

/** The longest tag that is waited for; what is longer passes unchanged. */
const tagLimit = 64 * 1024

/** Rewrites a page as it arrives; a tag is kept back until its end is there. */
export async function* rewriteHtmlStream(
  page: AsyncIterable<Uint8Array>,
  context: LinkContext,
): AsyncGenerator<Uint8Array> {
  // Latin 1 keeps every byte as it is, and all of HTML's syntax is ASCII.
  let kept = ''
  for await (const chunk of page) {
    kept += Buffer.from(chunk).toString('latin1')
    const open = kept.lastIndexOf('<')
    const cut = open > kept.lastIndexOf('>') && kept.length - open < tagLimit ? open : kept.length
    if (cut > 0) yield Buffer.from(rewriteHtml(kept.slice(0, cut), context), 'latin1')
    kept = kept.slice(cut)
  }
  if (kept) yield Buffer.from(rewriteHtml(kept, context), 'latin1')
}
