/** What the host app said to Qun, line by line, for the front page. Secrets never enter a line. */
import type { ServerResponse } from 'node:http'

export interface LogLine {
  /** Ascending without holes while the host runs. */
  readonly id: number
  readonly at: number
  /** Who spoke: the host's back end. Lines of the phones are added by the front page itself. */
  readonly from: 'host'
  readonly call: string
  /** HTTP status, or 0 when nothing travelled (a token was minted) or nothing came back. */
  readonly status: number
  readonly tookMs: number
  /** What was sent, shortened, as JSON text. */
  readonly detail: string
}

export interface ApiLog {
  add(line: Omit<LogLine, 'id' | 'at' | 'from'>): void
  /** Streams the kept lines after `lastId`, then every further one, as server-sent events until the reader leaves. */
  stream(answer: ServerResponse, lastId: number): void
  close(): void
}

/** Enough to scroll back through a visit; older lines go. */
const linesKept = 200
const detailLengthMax = 240
const secretNames = /token|key|secret|authorization|signature|^code$/i

/** A value as short JSON with everything secret replaced. */
export function maskedText(value: unknown): string {
  const text = JSON.stringify(value, (name, inner: unknown) => (secretNames.test(name) ? '•••' : inner)) ?? ''
  return text.length > detailLengthMax ? `${text.slice(0, detailLengthMax)}…` : text
}

export function createApiLog(now: () => number): ApiLog {
  const lines: LogLine[] = []
  const readers = new Set<ServerResponse>()
  let lastId = 0
  const write = (reader: ServerResponse, line: LogLine) =>
    reader.write(`id: ${line.id}\ndata: ${JSON.stringify(line)}\n\n`)
  return {
    add(line) {
      lastId += 1
      const whole: LogLine = { id: lastId, at: now(), from: 'host', ...line }
      lines.push(whole)
      if (lines.length > linesKept) lines.shift()
      for (const reader of readers) write(reader, whole)
    },
    stream(answer, after) {
      answer.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        connection: 'keep-alive',
      })
      answer.write('retry: 2000\n\n')
      for (const line of lines) if (line.id > after) write(answer, line)
      readers.add(answer)
      answer.on('close', () => readers.delete(answer))
    },
    close() {
      for (const reader of readers) reader.end()
      readers.clear()
    },
  }
}
