// What a registry asks for when it says 401, and how to answer. Pure. RFC 7235, RFC 6750 and the
// distribution specification's token authentication.

export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly parameters: Readonly<Record<string, string>>
}

/** A header may hold several; bearer is taken where it is offered. */
export function parseChallenge(header: string): Challenge | undefined {
  const challenges = splitChallenges(header)
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges[0]
}

function splitChallenges(header: string): readonly Challenge[] {
  return [
    ...header.matchAll(/\b(Bearer|Basic)\s+((?:[a-z_]+="[^"]*"[\s,]*|[a-z_]+=[^\s,"]+[\s,]*)*)/gi),
  ].map(([, scheme = '', rest = '']) => ({
    scheme: scheme.toLowerCase() === 'bearer' ? 'bearer' : 'basic',
    parameters: Object.fromEntries(
      [...rest.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,"]+))/gi)].map(
        ([, key = '', quoted, bare]) => [key.toLowerCase(), quoted ?? bare ?? ''],
      ),
    ),
  }))
}

/** Where to get a token for a challenge. The scope is our own where the challenge has none. */
export function tokenUrl({ parameters }: Challenge, scope: string): string | undefined {
  const { realm, service } = parameters
  if (realm === undefined || !URL.canParse(realm)) return undefined
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const one of (parameters['scope'] ?? scope).split(' ')) url.searchParams.append('scope', one)
  return url.toString()
}

export function basicCredentials(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
