/** What the server reports: one function per thing, which counts it and logs it together. Knows no route. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Telemetry {
  readonly registry: Registry
  readonly log: Logger
  /** A caller was refused: their fault, so the level is info. `where` is a route or `socket`. */
  refused(code: string, where: string, requestId: string | undefined): void
  /** A bug: the answer was 500, or something threw outside of any request. */
  bug(error: unknown, where: string, requestId?: string): void
  /** The store or another part is away; the caller was told to come back. Logged once a minute for each kind. */
  trouble(error: unknown, where: string): void
  answered(route: string, method: string, status: number, seconds: number): void
  posted(via: 'http' | 'socket'): void
  /** Seconds from receiving a message to acknowledging it. */
  acknowledged(seconds: number): void
  pulled(): void
  socketOpened(): void
  /** `code` is the close code that ended it, 1006 when the line just broke. */
  socketClosed(code: number): void
  slowSocketCut(queuedBytes: number): void
  drain(step: string): void
  close(): void
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

type Labels = readonly string[]

/** The instruments, by what they count. */
function createInstruments(registers: Registry[]) {
  const counter = (name: string, help: string, labelNames: Labels = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const histogram = (name: string, help: string, labelNames: Labels = []) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets, registers })
  return {
    refusals: counter('qun_refusals_total', 'Refusals by code', ['code', 'where']),
    bugs: counter('qun_bugs_total', 'Bugs', ['where']),
    troubles: counter('qun_troubles_total', 'Parts that were away', ['where']),
    requests: histogram('qun_http_seconds', 'HTTP answers', ['route', 'method', 'status']),
    posts: counter('qun_posts_total', 'Messages asked to be posted', ['via']),
    acks: histogram('qun_ack_seconds', 'From receiving a message to its acknowledgement'),
    pulls: counter('qun_pulls_total', 'Catch-up requests of clients'),
    sockets: new Gauge({ name: 'qun_sockets', help: 'Open sockets', registers }),
    closed: counter('qun_sockets_closed_total', 'Closed sockets by code', ['code']),
    slow: counter('qun_slow_sockets_total', 'Sockets cut because they did not read'),
  }
}

export interface TelemetryOptions {
  readonly log: Logger
  /** Asked at every scrape: the longest queue of any socket. */
  readonly queuedBytesMax: () => number
  /** Milliseconds that only grow. */
  readonly elapsed: () => number
}
/** Of one kind of trouble: a part that is away would fill the log with every request. */
const troubleLoggedEveryMs = 60_000

export function createTelemetry({ log, queuedBytesMax, elapsed }: TelemetryOptions): Telemetry {
  const loggedAt = new Map<string, number>()
  const registry = new Registry()
  const count = createInstruments([registry])
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  addProcessGauges([registry], loop, queuedBytesMax)
  return {
    registry,
    log,
    refused(code, where, requestId) {
      count.refusals.inc({ code, where })
      log.info({ code, where, requestId }, 'refused')
    },
    bug(error, where, requestId) {
      count.bugs.inc({ where })
      log.error({ err: error, where, requestId }, 'bug')
    },
    trouble(error, where) {
      count.troubles.inc({ where })
      const kind = `${where} ${codeOf(error)}`
      if (elapsed() - (loggedAt.get(kind) ?? -Infinity) < troubleLoggedEveryMs) return
      loggedAt.set(kind, elapsed())
      log.warn({ err: error, where }, 'trouble')
    },
    answered(route, method, status, seconds) {
      count.requests.observe({ route, method, status: String(status) }, seconds)
      log.debug({ route, method, status, seconds }, 'answered')
    },
    posted: (via) => count.posts.inc({ via }),
    acknowledged: (seconds) => count.acks.observe(seconds),
    pulled: () => count.pulls.inc(),
    socketOpened: () => count.sockets.inc(),
    socketClosed(code) {
      count.sockets.dec()
      count.closed.inc({ code: String(code) })
    },
    slowSocketCut(queuedBytes) {
      count.slow.inc()
      log.info({ queuedBytes }, 'slow socket cut')
    },
    drain: (step) => log.info({ step }, 'draining'),
    close: () => loop.disable(),
  }
}

/** What the system called it, if that lies below. */
function codeOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: { code?: unknown }; code?: unknown; name?: unknown }
  return String(cause?.code ?? code ?? name)
}

function addProcessGauges(
  registers: Registry[],
  loop: ReturnType<typeof monitorEventLoopDelay>,
  queuedBytesMax: () => number,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('qun_event_loop_delay_p99_seconds', 'Event loop delay since the last scrape', () => {
    const seconds = loop.percentile(99) / 1e9
    loop.reset()
    return Number.isFinite(seconds) ? seconds : 0
  })
  gauge('qun_rss_bytes', 'Resident memory', () => process.memoryUsage.rss())
  gauge('qun_heap_used_bytes', 'Used heap', () => process.memoryUsage().heapUsed)
  gauge(
    'qun_cpu_seconds',
    'CPU time used by this process',
    () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  )
  gauge('qun_socket_queued_bytes_max', 'Longest queue of any socket', queuedBytesMax)
}
