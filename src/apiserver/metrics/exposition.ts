// Codec: metrics in Prometheus' text form (version 0.0.4).
//   # HELP NAME TEXT
//   # TYPE NAME counter|gauge|histogram
//   NAME{label="value",...} NUMBER

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number | Histogram
}

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Something that can say its numbers when it is asked. */
export type Collector = () => readonly Family[] | Promise<readonly Family[]>

/** Counts by upper bound, each value once; sums are made when they are shown. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #count = 0
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number, times = 1): void {
    this.#count += times
    this.#sum += value * times
    for (let index = 0; index < this.#bounds.length; index++) {
      if (value > (this.#bounds[index] ?? Infinity)) continue
      this.#counts[index] = (this.#counts[index] ?? 0) + times
      return
    }
  }

  get count(): number {
    return this.#count
  }

  /** Takes over what another with the same bounds has counted. */
  add(other: Histogram): void {
    this.#count += other.#count
    this.#sum += other.#sum
    for (const [index, count] of other.#counts.entries())
      this.#counts[index] = (this.#counts[index] ?? 0) + count
  }

  lines(name: string, labels: Labels): readonly string[] {
    let below = 0
    const buckets = this.#bounds.map((bound, index) => {
      below += this.#counts[index] ?? 0
      return line(`${name}_bucket`, { ...labels, le: String(bound) }, below)
    })
    return [
      ...buckets,
      line(`${name}_bucket`, { ...labels, le: '+Inf' }, this.#count),
      line(`${name}_sum`, labels, this.#sum),
      line(`${name}_count`, labels, this.#count),
    ]
  }
}

export function renderFamilies(families: readonly Family[]): string {
  return families
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.flatMap(({ labels, value }) =>
        typeof value === 'number' ? [line(name, labels, value)] : value.lines(name, labels),
      ),
    ])
    .map((text) => `${text}\n`)
    .join('')
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
