// The forms of names, labels and values: each function lists what is wrong with a text, in
// upstream's words (apimachinery's validation package); an empty list means it is fine.

const dnsLabelForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dnsSubdomainForm = `${dnsLabelForm}(\\.${dnsLabelForm})*`
const dnsLabel = new RegExp(`^${dnsLabelForm}$`)
const dnsSubdomain = new RegExp(`^${dnsSubdomainForm}$`)
const dns1035Form = '[a-z]([-a-z0-9]*[a-z0-9])?'
const dns1035 = new RegExp(`^${dns1035Form}$`)
const wildcardForm = `\\*\\.${dnsSubdomainForm}`
const wildcard = new RegExp(`^${wildcardForm}$`)
const qualifiedForm = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const qualified = new RegExp(`^${qualifiedForm}$`)
const labelValueForm = `(${qualifiedForm})?`
const labelValue = new RegExp(`^${labelValueForm}$`)
const cIdentifierForm = '[A-Za-z_][A-Za-z0-9_]*'
const envNameForm = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const configKeyForm = '[-._a-zA-Z0-9]+'
const percentForm = '[0-9]+%'

export function lengthProblem(most: number): string {
  return `must be no more than ${most} characters`
}

export function formProblem(words: string, form: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${words} (regex used for validation is '${form}')`
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${words} (e.g. ${list}regex used for validation is '${form}')`
}

const dnsLabelWords =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const dnsSubdomainWords =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const dns1035Words =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
const wildcardWords = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character`
const qualifiedWords =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const qualifiedForms = formProblem(qualifiedWords, qualifiedForm, 'MyName', 'my.name', '123-abc')
const labelValueWords =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const envNameWords =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
const configKeyWords = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"

/** How the form of a name is checked. */
export type NameCheck = (name: string) => string[]

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}

/** At most 63 of a-z, 0-9 and inner dashes. */
export function dnsLabelProblems(text: string): string[] {
  if (text.length <= 63 && dnsLabel.test(text)) return []
  return [
    ...(bytesOf(text) > 63 ? [lengthProblem(63)] : []),
    ...(dnsLabel.test(text)
      ? []
      : dnsSubdomain.test(text)
        ? ['must not contain dots']
        : [formProblem(dnsLabelWords, dnsLabelForm, 'my-name', '123-abc')]),
  ]
}

export function dnsSubdomainProblems(text: string): string[] {
  if (text.length <= 253 && dnsSubdomain.test(text)) return []
  return [
    ...(bytesOf(text) > 253 ? [lengthProblem(253)] : []),
    ...(dnsSubdomain.test(text)
      ? []
      : [formProblem(dnsSubdomainWords, dnsSubdomainForm, 'example.com')]),
  ]
}

/** A label that starts with a letter, as Services need. */
export function dns1035Problems(text: string): string[] {
  return [
    ...(bytesOf(text) > 63 ? [lengthProblem(63)] : []),
    ...(dns1035.test(text) ? [] : [formProblem(dns1035Words, dns1035Form, 'my-name', 'abc-123')]),
  ]
}

export function wildcardSubdomainProblems(text: string): string[] {
  return [
    ...(bytesOf(text) > 253 ? [lengthProblem(253)] : []),
    ...(wildcard.test(text) ? [] : [formProblem(wildcardWords, wildcardForm, '*.example.com')]),
  ]
}

/** `prefix/name` or `name`: keys of labels, annotations, finalizers. */
export function qualifiedNameProblems(text: string): string[] {
  if (text.length <= 63 && qualified.test(text)) return []
  const parts = text.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${qualifiedForms} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  return [
    ...(prefix === undefined ? [] : prefixProblems(prefix)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(bytesOf(name) > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(qualified.test(name) ? [] : [`name part ${qualifiedForms}`]),
  ]
}

function prefixProblems(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  return [
    ...(bytesOf(prefix) > 253 ? ['prefix part must be no more than 253 bytes'] : []),
    ...(dnsSubdomain.test(prefix)
      ? []
      : [`prefix part ${formProblem(dnsSubdomainWords, dnsSubdomainForm, 'example.com')}`]),
  ]
}

export function labelValueProblems(text: string): string[] {
  if (text.length <= 63 && labelValue.test(text)) return []
  return [
    ...(bytesOf(text) > 63 ? ['must be no more than 63 bytes'] : []),
    ...(labelValue.test(text)
      ? []
      : [formProblem(labelValueWords, labelValueForm, 'MyValue', 'my_value', '12345')]),
  ]
}

/** Names that go into a URL path as they are: RBAC. */
export function pathSegmentProblems(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`]
  return ['/', '%'].filter((sign) => text.includes(sign)).map((sign) => `may not contain '${sign}'`)
}

const envName = new RegExp(`^${envNameForm}$`)

export function envNameProblems(text: string): string[] {
  return [
    ...(envName.test(text)
      ? []
      : [formProblem(envNameWords, envNameForm, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1')]),
    ...(text === '.' || text === '..' || text.startsWith('..') ? dotsProblems(text) : []),
  ]
}

/** The form of environment variable names since 1.34: any printable ASCII but `=`. */
export function relaxedEnvNameProblems(text: string): string[] {
  if (text === '') return ['environment variable name must not be empty']
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(text)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ]
}

const configKey = new RegExp(`^${configKeyForm}$`)

export function configKeyProblems(text: string): string[] {
  if (text.length <= 253 && text[0] !== '.' && configKey.test(text)) return []
  return [
    ...(bytesOf(text) > 253 ? [lengthProblem(253)] : []),
    ...(configKey.test(text)
      ? []
      : [formProblem(configKeyWords, configKeyForm, 'key.name', 'KEY_NAME', 'key-name')]),
    ...dotsProblems(text),
  ]
}

function dotsProblems(text: string): string[] {
  if (text === '.') return ["must not be '.'"]
  if (text === '..') return ["must not be '..'"]
  return text.startsWith('..') ? ["must not start with '..'"] : []
}

export function cIdentifierProblems(text: string): string[] {
  return new RegExp(`^${cIdentifierForm}$`).test(text)
    ? []
    : [
        formProblem(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          cIdentifierForm,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ]
}

export function percentProblems(text: string): string[] {
  return new RegExp(`^${percentForm}$`).test(text)
    ? []
    : [
        formProblem(
          "a valid percent string must be a numeric string followed by an ending '%'",
          percentForm,
          '1%',
          '93%',
        ),
      ]
}

export function portNumberProblems(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive']
}

/** Most names of ports: a letter, then letters and digits. */
const plainPortName = /^[a-z][a-z0-9]{0,14}$/

/** IANA service names: names of ports. */
export function portNameProblems(text: string): string[] {
  if (plainPortName.test(text)) return []
  return [
    ...(text.length > 15 ? [lengthProblem(15)] : []),
    ...(/^[-a-z0-9]+$/.test(text)
      ? []
      : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(text) ? [] : ['must contain at least one letter (a-z)']),
    ...(text.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(text.startsWith('-') || text.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
  ]
}

/** A name that will get a suffix may end in a dash. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

export function httpHeaderNameProblems(text: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(text)
    ? []
    : [
        formProblem(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ]
}

const underscoredLabelForm = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoredForm = `${underscoredLabelForm}(\\.${underscoredLabelForm})*`

/** A DNS subdomain that may have underscores: search domains. */
export function underscoredSubdomainProblems(text: string): string[] {
  return [
    ...(bytesOf(text) > 253 ? [lengthProblem(253)] : []),
    ...(new RegExp(`^${underscoredForm}$`).test(text)
      ? []
      : [
          formProblem(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            underscoredForm,
            'example.com',
          ),
        ]),
  ]
}
