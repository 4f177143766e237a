// Table: the formats that `format.named` knows, each with the problems it finds in a text.

const label = 'a-z0-9]([-a-z0-9]*[a-z0-9]'
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const dns1035Pattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const qualifiedPattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const valuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

type Format = (text: string) => string[]

function shaped(pattern: RegExp, most: number, message: string): Format {
  return (text) => [
    ...(text.length > most ? [`must be no more than ${most} characters`] : []),
    ...(pattern.test(text) ? [] : [message]),
  ]
}

const rfc1123Label = shaped(
  labelPattern,
  63,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[${label})?')`,
)
const rfc1123Subdomain = shaped(
  subdomainPattern,
  253,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[${label})?(\\.[${label})?)*')`,
)
const rfc1035Label = shaped(
  dns1035Pattern,
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
)
const labelValue = shaped(
  valuePattern,
  63,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
)
const namePart = shaped(
  qualifiedPattern,
  63,
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
)

function qualifiedName(text: string): string[] {
  const parts = text.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) return ['a qualified name has at most one slash, between prefix and name']
  if (second === undefined) return namePart(first)
  return [
    ...rfc1123Subdomain(first).map((problem) => `prefix part ${problem}`),
    ...namePart(second),
  ]
}

/** The name before a generated suffix may end in a dash. */
const asPrefix =
  (format: Format): Format =>
  (text) =>
    format(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)

const oneOf =
  (isValid: (text: string) => boolean, message: string): Format =>
  (text) =>
    isValid(text) ? [] : [message]

export const namedFormats: Readonly<Record<string, Format>> = {
  dns1123Label: rfc1123Label,
  dns1123Subdomain: rfc1123Subdomain,
  dns1035Label: rfc1035Label,
  qualifiedName,
  dns1123LabelPrefix: asPrefix(rfc1123Label),
  dns1123SubdomainPrefix: asPrefix(rfc1123Subdomain),
  dns1035LabelPrefix: asPrefix(rfc1035Label),
  labelValue,
  uri: oneOf((text) => URL.canParse(text) || text.startsWith('/'), 'invalid URI for request'),
  uuid: oneOf(
    (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
    'does not match the UUID format',
  ),
  byte: oneOf(
    (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
    'invalid base64',
  ),
  date: oneOf(
    (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
    'invalid date',
  ),
  datetime: oneOf(
    (text) => /^\d{4}-\d\d-\d\d[tT ]\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
    'invalid datetime',
  ),
}
