// The formats of texts that schemas may name. Names are compared without their dashes.
// Source of the list: upstream's supported formats of custom resources.

import { isIPv4, isIPv6 } from 'node:net'
import type { Schema } from './schema.ts'

type IsOfFormat = (text: string) => boolean

const uuid = (form: string): IsOfFormat => {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${form}-?[0-9a-f]{12}$`, 'i')
  return (text) => pattern.test(text)
}
const matching =
  (pattern: RegExp): IsOfFormat =>
  (text) =>
    pattern.test(text)

const letter = '[a-zA-Z0-9\\p{S}\\p{L}]'
const single = `${letter}((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)`
const labels = `(${letter}(([a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${letter})?)(\\.)){1,}`
const hostname = new RegExp(`^(${single}|${labels}([a-zA-Z\\p{L}]){2,63})$`, 'u')
/** Visa, Mastercard, Discover, American Express, Diners Club, JCB. */
const creditCards = [
  /^4[0-9]{12}(?:[0-9]{3})?$/,
  /^5[1-5][0-9]{14}$/,
  /^6(?:011|5[0-9][0-9])[0-9]{12}$/,
  /^3[47][0-9]{13}$/,
  /^3(?:0[0-5]|[68][0-9])[0-9]{11}$/,
  /^(?:2131|1800|35\d{3})\d{11}$/,
]
/** EUI-48 and EUI-64 in pairs or in fours; the longest form is InfiniBand's. */
const macs = [
  /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i,
  /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){6}[0-9a-f]{2}$/i,
  /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){18}[0-9a-f]{2}$/i,
  /^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i,
  /^(?:[0-9a-f]{4}\.){3}[0-9a-f]{4}$/i,
  /^(?:[0-9a-f]{4}\.){9}[0-9a-f]{4}$/i,
]
const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const channel = '(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'

const formats: Readonly<Record<string, IsOfFormat>> = {
  bsonobjectid: matching(/^[0-9a-f]{24}$/i),
  uri: isRequestUri,
  email: matching(/^(?:[^<>]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/),
  hostname: (text) =>
    text.length <= 255 &&
    hostname.test(text) &&
    text.split('.').every((label) => Buffer.byteLength(label) <= 63),
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  cidr: isCidr,
  mac: (text) => macs.some((form) => form.test(text)),
  uuid: uuid('[0-9a-f]{4}-?[0-9a-f]{4}'),
  uuid3: uuid('3[0-9a-f]{3}-?[0-9a-f]{4}'),
  uuid4: uuid('4[0-9a-f]{3}-?[89ab][0-9a-f]{3}'),
  uuid5: uuid('5[0-9a-f]{3}-?[89ab][0-9a-f]{3}'),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: (text) => isCreditCard(text.replaceAll(/\D+/g, '')),
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matching(
    new RegExp(`^rgb\\(\\s*${channel}\\s*,\\s*${channel}\\s*,\\s*${channel}\\s*\\)$`),
  ),
  byte: matching(
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/,
  ),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && new RegExp(`^${dnsLabel}$`).test(text),
  k8slongname: (text) =>
    text.length <= 253 && new RegExp(`^${dnsLabel}(\\.${dnsLabel})*$`).test(text),
}

const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/** The format that is checked: undefined for one unknown, or not for this type. */
export function knownFormat({ format, type, ...rest }: Schema): string | undefined {
  if (!format) return undefined
  if (rest['x-kubernetes-int-or-string']) return undefined
  if (type === undefined || type === '' || type === 'string') {
    return textFormat(format) ? format : undefined
  }
  return numberFormats[type]?.includes(format) ? format : undefined
}

/** Whether values of the schema's type can have its format, whether or not it is checked. */
export function isKnownFormat({ format = '', type = '' }: Schema): boolean {
  if (type === '' || type === 'string') return textFormat(format) !== undefined
  return numberFormats[type]?.includes(format) ?? false
}

export function textFormat(format: string): IsOfFormat | undefined {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(formats, name) ? formats[name] : undefined
}

function isRequestUri(text: string): boolean {
  if (text.startsWith('/')) return !/[\s\u0000-\u001f\u007f]/.test(text)
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && URL.canParse(text)
}

function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return false
  if (isIPv4(address)) return Number(length) <= 32
  return isIPv6(address) && !address.includes('%') && Number(length) <= 128
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce(
    (total, digit, index) => total + (10 - index) * (digit === 'X' ? 10 : Number(digit)),
    0,
  )
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  const sum = [...digits].reduce(
    (total, digit, index) => total + (index % 2 ? 3 : 1) * Number(digit),
    0,
  )
  return sum % 10 === 0
}

/** Form and Luhn's check digit. */
function isCreditCard(digits: string): boolean {
  if (!creditCards.some((form) => form.test(digits))) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number)
  const last = new Date(Date.UTC(2000, month, 0))
  last.setUTCFullYear(year, month, 0)
  return month >= 1 && month <= 12 && day >= 1 && day <= last.getUTCDate()
}

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})t(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/i.exec(
    text,
  )
  if (!match) return false
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2, 5).map(Number)
  return isDate(match[1] ?? '') && hours <= 23 && minutes <= 59 && seconds <= 59
}

/** Go's durations (1h30m), or a number and a word as Scala writes them (2 minutes). */
function isDuration(text: string): boolean {
  if (/^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true
  return [...text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)].some(([, , unit = '']) =>
    durationUnits.test(unit.toLowerCase()),
  )
}

const durationUnits =
  /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/
