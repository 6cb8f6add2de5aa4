/** Drives one load plan over open connections: when to send, what counts as done, how long it took. */
import { Histogram, median } from './histogram.ts'
import { markBytes, markOf, MarkReader } from './marker.ts'
import { readFamilyUse, readMachineCpuSeconds } from './process-stat.ts'
import type { Connections } from './connections.ts'
import type { LoadPlan, Step, StepFigures } from './plan.ts'
import { phaseSignal } from './phase-signal.ts'
import type { Wire } from './wire.ts'

/** Messages under way at once are far fewer; the ring only has to outlast the slowest of them. */
const ringSize = 1 << 20
const ringMask = ringSize - 1
/** A closed loop that hears nothing for this long counts what is missing as lost and goes on. */
const stallMs = 3_000
/** The mark stands behind what a conversation list shows of a message: seen there, it would count as a delivery. */
const markAfter = 120
const words = 'the quick brown fox jumps over lazy dogs and sends chat words '

/** Sends and counts. One message number is never used twice in a process. */
export class Load {
  readonly reader: MarkReader
  readonly #plan: LoadPlan
  readonly #wire: Wire
  readonly #connections: Connections
  readonly #before: string
  readonly #after: string
  readonly #members: number
  readonly #sentAt = new Float64Array(ringSize)
  readonly #missing = new Int32Array(ringSize)
  #random: number
  #number = 0
  #sent = 0
  #finished = 0
  #deliveries = 0
  #extra = 0
  #lost = 0
  #bytes = 0
  #receivedAt = 0
  #delivery = new Histogram()
  #last = new Histogram()
  #measuring = false
  #phaseSignals = 0
  #finish: () => void = () => undefined

  constructor(plan: LoadPlan, wire: Wire, connections: Connections) {
    this.#plan = plan
    this.#wire = wire
    this.#connections = connections
    this.#members = plan.connections / plan.groups
    this.#random = 12_345 + plan.seed * 7_919
    const filler = words.repeat(Math.ceil(plan.textBytes / words.length))
    this.#before = filler.slice(0, markAfter)
    this.#after = filler.slice(markAfter, plan.textBytes - markBytes)
    this.reader = new MarkReader(plan.textBytes + wire.overheadMin, (number) => this.#seen(number))
  }

  received(bytes: Buffer, start: number, end: number): number {
    this.#receivedAt = performance.now()
    this.#bytes += end - start
    return this.reader.read(bytes, start, end)
  }

  #seen(number: number): void {
    const at = number & ringMask
    const missing = this.#missing[at]! - 1
    if (missing < 0) {
      this.#extra += 1
      return
    }
    this.#missing[at] = missing
    this.#deliveries += 1
    const ageMs = this.#receivedAt - this.#sentAt[at]!
    if (this.#measuring) this.#delivery.add(ageMs)
    if (missing > 0) return
    this.#finished += 1
    if (this.#measuring) this.#last.add(ageMs)
    this.#finish()
  }

  #send(plannedAt: number): void {
    this.#number += 1
    const at = this.#number & ringMask
    this.#sentAt[at] = plannedAt
    this.#missing[at] = this.#members
    this.#sent += 1
    const text = this.#before + markOf(this.#number) + this.#after
    for (let tries = 0; tries < 100; tries += 1) {
      const connection = this.#draw(this.#plan.connections)
      if (this.#connections.write(connection, this.#wire.publish(connection, this.#number, text))) return
    }
    throw new Error('no connection is left to send on')
  }

  /** Xorshift: the same senders in every run with the same seed. */
  #draw(below: number): number {
    let next = this.#random
    next ^= next << 13
    next ^= next >>> 17
    next ^= next << 5
    this.#random = next
    return (next >>> 0) % below
  }

  /** Runs one repetition: warm-up, then the measured time, then waits for what is under way. */
  async run(step: Step, repetition: number, rate: number, warmSeconds: number): Promise<StepFigures> {
    const stop = step.mode === 'max' || step.mode === 'last' ? this.#runClosed(step.window ?? 1) : this.#runOpen(rate)
    await pause(warmSeconds * 1_000)
    this.#delivery = new Histogram()
    this.#last = new Histogram()
    this.#signalPhase()
    const before = this.#reading()
    this.#measuring = true
    await pause(step.seconds * 1_000)
    this.#measuring = false
    const after = this.#reading()
    this.#signalPhase()
    stop()
    const lostBefore = this.#lost
    await this.#drain()
    const seconds = (after.at - before.at) / 1_000
    const each = (figure: keyof typeof after) => (after[figure] - before[figure]) / seconds
    return {
      label: this.#plan.label,
      mode: step.mode,
      repetition,
      seconds,
      rateWanted: rate,
      messagesPerSecond: each('finished'),
      deliveriesPerSecond: each('deliveries'),
      megabytesPerSecond: each('bytes') / 1e6,
      delivery: this.#delivery.quantiles(),
      last: this.#last.quantiles(),
      serverCpu: each('serverCpu'),
      serverChildCpu: each('serverChildCpu'),
      generatorCpu: each('generatorCpu'),
      otherCpu: each('machineCpu') - each('serverCpu') - each('serverChildCpu') - each('generatorCpu'),
      serverRssKb: after.serverRssKb,
      lost: this.#lost - lostBefore + (after.lost - before.lost),
      extra: after.extra - before.extra,
      closedConnections: this.#connections.closed,
    }
  }

  /** The server's profile covers one phase, from its beginning to its end. */
  #signalPhase(): void {
    const phase = Math.floor(this.#phaseSignals++ / 2)
    if (phase === this.#plan.profiledPhase) process.kill(this.#plan.serverPid, phaseSignal)
  }
  #reading() {
    const server = readFamilyUse(this.#plan.serverPid)
    const own = process.cpuUsage()
    return {
      at: performance.now(),
      finished: this.#finished,
      deliveries: this.#deliveries,
      bytes: this.#bytes,
      lost: this.#lost,
      extra: this.#extra,
      serverCpu: server.ownCpuSeconds,
      serverChildCpu: server.childCpuSeconds,
      serverRssKb: server.rssKb,
      generatorCpu: (own.user + own.system) / 1e6,
      machineCpu: readMachineCpuSeconds(),
    }
  }

  /** Keeps `window` messages under way. Returns how to stop. */
  #runClosed(window: number): () => void {
    let filling = false
    const fill = () => {
      filling = false
      while (this.#sent - this.#finished < window) this.#send(performance.now())
    }
    // Filling waits for the turn's end, so that one reading may finish several messages.
    this.#finish = () => {
      if (filling) return
      filling = true
      setImmediate(fill)
    }
    fill()
    let finished = this.#finished
    const watch = setInterval(() => {
      if (this.#finished === finished) {
        this.#giveUp()
        fill()
      }
      finished = this.#finished
    }, stallMs)
    return () => {
      clearInterval(watch)
      this.#finish = () => undefined
    }
  }

  /** Sends at even distances whatever happens; latency counts from the planned instant. */
  #runOpen(rate: number): () => void {
    const periodMs = 1_000 / rate
    let next = performance.now() + periodMs
    const timer = setInterval(() => {
      const at = performance.now()
      while (next <= at) {
        this.#send(next)
        next += periodMs
      }
    }, 1)
    return () => clearInterval(timer)
  }

  async #drain(): Promise<void> {
    let finished = -1
    while (this.#finished < this.#sent && finished !== this.#finished) {
      finished = this.#finished
      for (let tries = 0; tries < 40 && this.#finished === finished && finished < this.#sent; tries += 1)
        await pause(50)
    }
    if (this.#finished < this.#sent) this.#giveUp()
  }

  /** What has not come by now never will. */
  #giveUp(): void {
    for (let at = 0; at < ringSize; at += 1) {
      this.#lost += this.#missing[at]!
      this.#missing[at] = 0
    }
    this.#finished = this.#sent
  }
}

/** Runs all steps of a plan; `half` takes its rate from the `max` steps before it. */
export async function runSteps(load: Load, plan: LoadPlan, report: (figures: StepFigures) => void): Promise<void> {
  let halfRate = 1
  let first = true
  for (const step of plan.steps) {
    const reached: number[] = []
    for (let repetition = 0; repetition < step.repetitions; repetition += 1) {
      const rate = step.mode === 'half' ? halfRate : (step.rate ?? 0)
      const warmSeconds = first ? plan.warmSeconds * 2 : repetition === 0 ? plan.warmSeconds : plan.warmSeconds / 2
      const figures = await load.run(step, repetition, rate, warmSeconds)
      report(figures)
      reached.push(figures.messagesPerSecond)
      first = false
    }
    if (step.mode === 'max') halfRate = median(reached) / 2
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
