// Durations as kubectl's tables show them: 45s, 5m30s, 3h12m, 2d4h, 400d, 3y20d.
// Source: apimachinery's duration.HumanDuration.

/** `ms` may be slightly negative, when clocks differ. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return withTail(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return withTail(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return withTail(`${days}d`, hours % 24, 'h')
  if (hours < 17_520) return `${days}d`
  const years = Math.trunc(days / 365)
  return hours < 70_080 ? withTail(`${years}y`, days % 365, 'd') : `${years}y`
}

function withTail(head: string, tail: number, unit: string): string {
  return tail === 0 ? head : `${head}${tail}${unit}`
}

/** How long ago a time was; `<unknown>` for none. */
export function ageText(time: string | null | undefined, nowMs: number): string {
  return time ? humanDuration(nowMs - Date.parse(time)) : '<unknown>'
}
