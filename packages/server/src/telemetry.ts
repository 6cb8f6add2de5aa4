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
  /** The store or another part is away; the caller was told to come back. */
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

/** `queuedBytesMax` is asked at every scrape: the longest queue of any socket. */
export function createTelemetry(log: Logger, queuedBytesMax: () => number): Telemetry {
  const registry = new Registry()
  const registers = [registry]
  const refusals = new Counter({ name: 'qun_refusals_total', help: 'Refusals by code', labelNames: ['code', 'where'], registers })
  const bugs = new Counter({ name: 'qun_bugs_total', help: 'Bugs', labelNames: ['where'], registers })
  const troubles = new Counter({ name: 'qun_troubles_total', help: 'Parts that were away', labelNames: ['where'], registers })
  const requests = new Histogram({
    name: 'qun_http_seconds', help: 'HTTP answers', labelNames: ['route', 'method', 'status'], buckets, registers,
  })
  const posts = new Counter({ name: 'qun_posts_total', help: 'Messages asked to be posted', labelNames: ['via'], registers })
  const acks = new Histogram({ name: 'qun_ack_seconds', help: 'From receiving a message to its acknowledgement', buckets, registers })
  const pulls = new Counter({ name: 'qun_pulls_total', help: 'Catch-up requests of clients', registers })
  const sockets = new Gauge({ name: 'qun_sockets', help: 'Open sockets', registers })
  const closed = new Counter({ name: 'qun_sockets_closed_total', help: 'Closed sockets by code', labelNames: ['code'], registers })
  const slow = new Counter({ name: 'qun_slow_sockets_total', help: 'Sockets cut because they did not read', registers })
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  addProcessGauges(registers, loop, queuedBytesMax)
  return {
    registry,
    log,
    refused(code, where, requestId) {
      refusals.inc({ code, where })
      log.info({ code, where, requestId }, 'refused')
    },
    bug(error, where, requestId) {
      bugs.inc({ where })
      log.error({ err: error, where, requestId }, 'bug')
    },
    trouble(error, where) {
      troubles.inc({ where })
      log.warn({ err: error, where }, 'trouble')
    },
    answered(route, method, status, seconds) {
      requests.observe({ route, method, status: String(status) }, seconds)
      log.debug({ route, method, status, seconds }, 'answered')
    },
    posted: (via) => posts.inc({ via }),
    acknowledged: (seconds) => acks.observe(seconds),
    pulled: () => pulls.inc(),
    socketOpened: () => sockets.inc(),
    socketClosed(code) {
      sockets.dec()
      closed.inc({ code: String(code) })
    },
    slowSocketCut(queuedBytes) {
      slow.inc()
      log.info({ queuedBytes }, 'slow socket cut')
    },
    drain: (step) => log.info({ step }, 'draining'),
    close: () => loop.disable(),
  }
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
  gauge('qun_cpu_seconds', 'CPU time used by this process', () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6)
  gauge('qun_socket_queued_bytes_max', 'Longest queue of any socket', queuedBytesMax)
}
