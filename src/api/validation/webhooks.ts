// Configurations of admission webhooks: whom they ask about what, and how. Their expressions are
// checked where these are compiled.

import type { DraftOf } from '../draft.ts'
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import type { MutatingWebhookConfiguration } from '../types.gen.ts'
import { each, formErrors, labelSelectorErrors, optionErrors, repeatedOf, when } from './checks.ts'
import { at, child } from './field-path.ts'
import { dns1035Problems, dnsSubdomainProblems, portNumberProblems } from './names.ts'

type Configuration = Pick<DraftOf<MutatingWebhookConfiguration>, 'webhooks'>
type Webhook = NonNullable<Configuration['webhooks']>[number]

const reviewVersions = ['v1', 'v1beta1']
const sideEffects = ['None', 'NoneOnDryRun']
const mostTimeoutSeconds = 30

/** Of validating ones too: these have one field less. */
export function webhookErrors({ webhooks = [] }: Configuration): FieldError[] {
  return [
    ...each(webhooks, 'webhooks', oneErrors),
    ...repeatedOf(webhooks, ({ name }) => name).map(({ element, index }) =>
      duplicate(child(at('webhooks', index), 'name'), element.name),
    ),
  ]
}

function oneErrors(webhook: Webhook, path: string): FieldError[] {
  const { timeoutSeconds: seconds } = webhook
  const isOutside = seconds !== undefined && (seconds < 1 || seconds > mostTimeoutSeconds)
  const limits = `the timeout value must be between 1 and ${mostTimeoutSeconds} seconds`
  const promises = `must specify one of ${sideEffects.join(', ')}`
  const option = (field: keyof Webhook & string, choices: readonly string[]) =>
    optionErrors(webhook[field] as string | undefined, child(path, field), choices)
  return [
    ...nameErrors(webhook.name ?? '', child(path, 'name')),
    ...each(webhook.rules, child(path, 'rules'), ruleErrors),
    ...option('failurePolicy', ['Fail', 'Ignore']),
    ...option('matchPolicy', ['Equivalent', 'Exact']),
    ...(webhook.sideEffects
      ? option('sideEffects', sideEffects)
      : [required(child(path, 'sideEffects'), promises)]),
    ...when(isOutside, invalid(child(path, 'timeoutSeconds'), seconds, limits)),
    ...labelSelectorErrors(webhook.namespaceSelector, child(path, 'namespaceSelector')),
    ...labelSelectorErrors(webhook.objectSelector, child(path, 'objectSelector')),
    ...option('reinvocationPolicy', ['IfNeeded', 'Never']),
    ...clientErrors(webhook.clientConfig ?? {}, child(path, 'clientConfig')),
    ...versionsErrors(
      webhook.admissionReviewVersions ?? [],
      child(path, 'admissionReviewVersions'),
    ),
  ]
}

/** A domain's, with at least three parts. */
function nameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const problems = formErrors(name, path, dnsSubdomainProblems)
  if (problems.length > 0 || name.split('.').length >= 3) return problems
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')]
}

function versionsErrors(versions: readonly string[], path: string): FieldError[] {
  const wanted = reviewVersions.join(', ')
  if (versions.length === 0) return [required(path, `must specify one of ${wanted}`)]
  const isKnown = versions.some((version) => reviewVersions.includes(version))
  return [
    ...repeatedOf(versions, (version) => version).map(({ element, index }) =>
      invalid(at(path, index), element, 'duplicate version'),
    ),
    ...each([...new Set(versions)], path, (version, place) =>
      formErrors(version, place, dns1035Problems),
    ),
    ...when(!isKnown, invalid(path, versions, `must include at least one of ${wanted}`)),
  ]
}

type Rule = NonNullable<Webhook['rules']>[number]

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

function ruleErrors(rule: Rule, path: string): FieldError[] {
  const asked: readonly string[] = rule.operations ?? []
  return [
    ...listErrors(asked, child(path, 'operations'), 'operations'),
    ...each(asked, child(path, 'operations'), (operation, place) =>
      when(!operations.includes(operation), notSupported(place, operation, operations)),
    ),
    ...listErrors(rule.apiGroups ?? [], child(path, 'apiGroups'), 'API groups'),
    ...listErrors(rule.apiVersions ?? [], child(path, 'apiVersions'), 'API versions'),
    ...each(rule.apiVersions, child(path, 'apiVersions'), (version, place) =>
      when(version === '', required(place)),
    ),
    ...resourcesErrors(rule.resources ?? [], child(path, 'resources')),
    ...optionErrors(rule.scope, child(path, 'scope'), ['*', 'Cluster', 'Namespaced']),
  ]
}

/** Something, and `*` alone. */
function listErrors(list: readonly string[], path: string, others: string): FieldError[] {
  const isMixed = list.includes('*') && list.length > 1
  return [
    ...when(list.length === 0, required(path)),
    ...when(isMixed, invalid(path, list, `if '*' is present, must not specify other ${others}`)),
  ]
}

/** RESOURCE or RESOURCE/SUBRESOURCE, where a star on one side takes in all of the other's. */
function resourcesErrors(list: readonly string[], path: string): FieldError[] {
  const isPlain = (name: string) => name !== '' && name !== '*' && !name.includes('/')
  const clash = (what: string) => `if '${what}' is present, must not specify`
  return [
    ...when(list.length === 0, required(path)),
    ...each(list, path, (name, place, index) => {
      if (name === '') return [required(place)]
      const [resource = '', subresource] = name.split('/')
      const earlier = list.slice(0, index)
      return subresource === undefined
        ? []
        : [`${resource}/*`, `*/${subresource}`]
            .filter((wider) => earlier.includes(wider))
            .map((wider) => invalid(place, name, `${clash(wider)} ${name}`))
    }),
    ...when(
      list.length > 1 && list.includes('*/*'),
      invalid(path, list, `${clash('*/*')} other resources`),
    ),
    ...when(
      list.includes('*') && list.some(isPlain),
      invalid(path, list, `${clash('*')} other resources without subresources`),
    ),
  ]
}

type Client = NonNullable<Webhook['clientConfig']>

function clientErrors({ url, service }: Client, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(path, 'exactly one of url or service is required')]
  }
  if (service) return serviceErrors(service, child(path, 'service'))
  return urlErrors(url ?? '', child(path, 'url'))
}

function urlErrors(url: string, path: string): FieldError[] {
  const format = 'desired format: https://host[/path]'
  const parsed = URL.parse(url)
  if (!parsed) return [invalid(path, url, `url must be a valid URL; ${format}`)]
  const { protocol, host, username, hash, search } = parsed
  const scheme = protocol.slice(0, -1)
  const never = (what: string) => `${what} not permitted in the URL`
  return [
    ...when(
      scheme !== 'https',
      invalid(path, scheme, `'https' is the only allowed URL scheme; ${format}`),
    ),
    ...when(host === '', invalid(path, host, `host must be provided; ${format}`)),
    ...when(username !== '', invalid(path, username, never('user information is'))),
    ...when(hash !== '', invalid(path, hash.slice(1), never('fragments are'))),
    ...when(search !== '', invalid(path, search.slice(1), never('query parameters are'))),
  ]
}

function serviceErrors(service: NonNullable<Client['service']>, path: string): FieldError[] {
  const { name, namespace, port = 0, path: url = '' } = service
  const problems = portNumberProblems(port)
  return [
    ...when(!name, required(child(path, 'name'), 'service name is required')),
    ...when(!namespace, required(child(path, 'namespace'), 'service namespace is required')),
    ...when(
      problems.length > 0,
      invalid(child(path, 'port'), port, `port is not valid: ${problems.join(', ')}`),
    ),
    ...pathErrors(url, child(path, 'path')),
  ]
}

/** Segments of a path are subdomains, as those of a Kubernetes API are. */
function pathErrors(url: string, path: string): FieldError[] {
  if (url === '' || url === '/') return []
  if (url === '//') return [invalid(path, url, 'segment[0] may not be empty')]
  const segments = url.slice(1).replace(/\/$/, '').split('/')
  return [
    ...when(!url.startsWith('/'), invalid(path, url, "must start with a '/'")),
    ...segments.flatMap((segment, index) => {
      const problems = segment === '' ? ['may not be empty'] : dnsSubdomainProblems(segment)
      const start = `segment[${index}]`
      return problems.map((problem) =>
        invalid(path, url, segment === '' ? `${start} ${problem}` : `${start}: ${problem}`),
      )
    }),
  ]
}
