/**
 * Asks for many things at once over raw keep-alive connections, in a process of its own: reads a plan from the
 * file named by its argument, waits until all connections stand, writes every request and counts the answers. Prints
 * one line of JSON. Knows no route: requests come ready-made.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

export interface GrabPlan {
  readonly host: string
  readonly port: number
  readonly connections: number
  /** Whole HTTP requests; request i goes over connection i mod connections. */
  readonly requests: readonly string[]
  /** Requests a connection has under way. */
  readonly depth: number
}
export interface GrabFigures {
  readonly seconds: number
  /** Times of answers in milliseconds since the first request. */
  readonly lastSuccessMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How many answers had which status and code: `409 redpacket.empty`. */
  readonly answers: Readonly<Record<string, number>>
  /** What those who succeeded were given, in the order of their answers. */
  readonly amounts: readonly number[]
  /** Successes asked for after somebody had been told that none is left: there must be none. */
  readonly lateSuccesses: number
}

const headEnd = Buffer.from('\r\n\r\n')

type Answered = (status: number, body: Buffer, sentAt: number) => void
/** One connection: writes up to `depth` requests ahead of their answers and hands over each answer. */
class Line {
  readonly #socket: Socket
  readonly #requests: readonly Buffer[]
  readonly #answered: Answered
  /** When each request under way was written, oldest first. */
  readonly #sentAt: number[] = []
  #rest: Buffer = Buffer.alloc(0)
  #sent = 0

  constructor(socket: Socket, requests: readonly Buffer[], answered: Answered) {
    this.#socket = socket
    this.#requests = requests
    this.#answered = answered
    socket.on('data', (bytes) => this.#read(bytes))
  }
  send(count: number): void {
    const next = this.#requests.slice(this.#sent, this.#sent + count)
    this.#sent += next.length
    const now = performance.now()
    for (let i = 0; i < next.length; i += 1) this.#sentAt.push(now)
    if (next.length > 0) this.#socket.write(next.length === 1 ? next[0]! : Buffer.concat(next))
  }
  #read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    let count = 0
    for (;;) {
      const headAt = all.indexOf(headEnd, at)
      if (headAt < 0) break
      const head = all.toString('latin1', at, headAt)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const bodyAt = headAt + headEnd.length
      if (all.length < bodyAt + length) break
      this.#answered(Number(head.slice(9, 12)), all.subarray(bodyAt, bodyAt + length), this.#sentAt.shift()!)
      at = bodyAt + length
      count += 1
    }
    this.#rest = all.subarray(at)
    if (count > 0) this.send(count)
  }
}

async function run(plan: GrabPlan): Promise<GrabFigures> {
  const sockets = await Promise.all(
    Array.from({ length: plan.connections }, () => {
      const socket = connect({ host: plan.host, port: plan.port, noDelay: true })
      return new Promise<Socket>((resolve, reject) => {
        socket.once('error', reject)
        socket.once('connect', () => resolve(socket))
      })
    }),
  )
  const times: number[] = []
  const answers: Record<string, number> = {}
  const amounts: number[] = []
  let [lastSuccessMs, lateSuccesses, emptySince] = [0, 0, Number.POSITIVE_INFINITY]
  let startedAt = 0
  let done: () => void
  const all = new Promise<void>((resolve) => (done = resolve))
  const answered: Answered = (status, body, sentAt) => {
    const now = performance.now() - startedAt
    times.push(now)
    const told = JSON.parse(body.toString()) as { code?: string; mine?: { amount?: number } }
    const name = told.code === undefined ? `${status}` : `${status} ${told.code}`
    answers[name] = (answers[name] ?? 0) + 1
    if (status === 409) emptySince = Math.min(emptySince, performance.now())
    if (told.mine?.amount !== undefined) {
      amounts.push(told.mine.amount)
      lastSuccessMs = now
      if (sentAt > emptySince) lateSuccesses += 1
    }
    if (times.length === plan.requests.length) done()
  }
  const lines = sockets.map((socket, at) => {
    const own = plan.requests.filter((_, i) => i % plan.connections === at).map((text) => Buffer.from(text))
    socket.once('close', () => process.stderr.write('a connection was closed\n'))
    return new Line(socket, own, answered)
  })
  startedAt = performance.now()
  for (const line of lines) line.send(plan.depth)
  await all
  const seconds = (performance.now() - startedAt) / 1_000
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
  const sorted = times.toSorted((a, b) => a - b)
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? 0
  return { seconds, lastSuccessMs, p50Ms: quantile(0.5), p99Ms: quantile(0.99), answers, amounts, lateSuccesses }
}

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as GrabPlan
process.stdout.write('{"ready":true}\n')
process.stdout.write(`${JSON.stringify(await run(plan))}\n`)
