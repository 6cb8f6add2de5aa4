/** Counts durations in buckets of about 1.5 % width; knows nothing of messages. */

/** Sub-buckets per power of two: 64 gives an error below 1.6 %. */
const parts = 64
const powers = 44

export interface Quantiles {
  readonly count: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Durations are given in milliseconds and kept in whole microseconds. */
export class Histogram {
  readonly #counts = new Float64Array(parts * powers)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  /** Adds `times` equal durations; negative ones (clock rounding) count as zero. */
  add(durationMs: number, times = 1): void {
    const ms = durationMs > 0 ? durationMs : 0
    this.#counts[bucketOf(ms * 1_000)]! += times
    this.#count += times
    this.#sumMs += ms * times
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  get count(): number {
    return this.#count
  }

  /** The value below which `share` (0..1) of the durations lie, in milliseconds; 0 when empty. */
  quantile(share: number): number {
    const wanted = share * this.#count
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      seen += this.#counts[bucket]!
      if (seen > wanted) return Math.min(valueOf(bucket) / 1_000, this.#maxMs)
    }
    return this.#maxMs
  }

  quantiles(): Quantiles {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.quantile(0.5),
      p90Ms: this.quantile(0.9),
      p95Ms: this.quantile(0.95),
      p99Ms: this.quantile(0.99),
      maxMs: this.#maxMs,
    }
  }
}

function bucketOf(micros: number): number {
  const whole = Math.min(Math.floor(micros), 2 ** 46)
  if (whole < parts) return whole
  const power = whole >= 2 ** 31 ? Math.floor(Math.log2(whole)) : 31 - Math.clz32(whole)
  return Math.min((power - 5) * parts + Math.floor(whole / 2 ** (power - 6)) - parts, parts * powers - 1)
}

function valueOf(bucket: number): number {
  if (bucket < parts) return bucket
  const power = Math.floor(bucket / parts) + 5
  return (parts + (bucket % parts)) * 2 ** (power - 6)
}

/** The middle of a list of figures (the mean of the two middle ones if even); NaN when empty. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
