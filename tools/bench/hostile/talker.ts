/** One person's socket and requests, as raw as a load needs them: no reading of what need not be read. */
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Signing } from '../plan.ts'
import { clientFrame, readServerFrames, upgradeRequest } from '../websocket-wire.ts'
import { signToken } from '../wire.ts'
import type { Place } from './plan.ts'

export interface Told {
  /** HTTP's status, or a frame's; 200 where all is well, 0 where nothing came. */
  readonly status: number
  readonly code: string
  readonly retryAfterMs: number
  readonly body: string
}
const well: Told = { status: 200, code: '', retryAfterMs: 0, body: '' }
export const lost: Told = { status: 0, code: 'lost', retryAfterMs: 200, body: '' }
/** Frames that answer are short; of long ones only the rows matter. */
const answerBytesMax = 2_048

export interface TalkerOptions extends Place {
  readonly userId: string
  readonly signing: Signing
  /** Whence it connects: a server counts sockets per address. */
  readonly localAddress?: string
  /** Told of every frame with rows. */
  readonly onRows?: (bytes: Buffer) => void
}

/** A socket that asks and is answered. */
export class Talker {
  readonly socket: Socket
  /** Resolves when the server has said hello and sent the first of the person's own stream; false when it is gone. */
  readonly ready: Promise<boolean>
  isOver = false
  /** Why it is over, as far as the server or the line said. */
  ending = 'closed'
  readonly #waiting = new Map<number, (told: Told) => void>()
  readonly #options: TalkerOptions
  #rest: Buffer = Buffer.alloc(0)
  #isUpgraded = false
  #id = 0
  #becameReady: (isReady: boolean) => void = () => undefined

  constructor(options: TalkerOptions) {
    this.#options = options
    const { host, port, localAddress } = options
    this.ready = new Promise((resolve) => (this.#becameReady = resolve))
    this.socket = connect({ host, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) })
    this.socket.on('connect', () => this.socket.write(upgradeRequest('/v1/socket', host)))
    this.socket.on('data', (chunk) => this.#read(chunk))
    this.socket.on('error', ({ message }) => void (this.ending = message))
    this.socket.on('close', () => {
      this.isOver = true
      this.#becameReady(false)
      for (const resolve of this.#waiting.values()) resolve(lost)
      this.#waiting.clear()
    })
  }
  write(frame: object | Buffer): void {
    if (!this.isOver) this.socket.write(Buffer.isBuffer(frame) ? frame : clientFrame(JSON.stringify(frame)))
  }
  /** Asks once it is let in, as any client does. */
  async ask(frame: object): Promise<Told> {
    if (!(await this.ready) || this.isOver) return lost
    const id = (this.#id += 1)
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.write({ ...frame, id })
    })
  }
  /** Gone without a word, as when a train enters a tunnel. */
  cut(): void {
    this.socket.resetAndDestroy()
  }

  #read(chunk: Buffer): void {
    let bytes: Buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (!this.#isUpgraded) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return void (this.#rest = bytes)
      this.#isUpgraded = true
      const { signing, userId } = this.#options
      this.write({ op: 'auth', token: signToken(signing, userId) })
      bytes = bytes.subarray(end + 4)
    }
    const whole = readServerFrames(bytes, (opcode, start, end) => this.#take(opcode, bytes.subarray(start, end)))
    this.#rest = bytes.subarray(whole)
  }
  #take(opcode: number, body: Buffer): void {
    if (opcode === 9) return this.write(clientFrame(body, 10))
    if (opcode === 8) this.ending = `${body.readUInt16BE()} ${body.toString('utf8', 2)}`
    if (opcode !== 1) return
    const op = /^\{"op":"(\w+)"/.exec(body.toString('latin1', 0, 40))?.[1]
    if (op === 'changes' || op === 'heads') {
      this.#becameReady(true)
      // Heads and a person's own stream repeat words, up to a second later.
      if (body.toString('latin1', 0, 60).includes('"stream":"group/')) this.#options.onRows?.(body)
      return
    }
    if (body.length > answerBytesMax || (op !== 'sent' && op !== 'done' && op !== 'error')) return
    const frame = JSON.parse(body.toString()) as { id?: number; status?: number; code?: string; retry_after?: number }
    if (frame.id === undefined) return
    const resolve = this.#waiting.get(frame.id)
    this.#waiting.delete(frame.id)
    const { status = 500, code = '', retry_after = 0 } = frame
    resolve?.(op === 'error' ? { status, code, retryAfterMs: retry_after * 1_000, body: '' } : well)
  }
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly body?: object | Buffer
  readonly type?: string
  readonly key?: string
  readonly actAs?: string
}
/** Requests over connections that are kept, at most `connections` of them. */
export class Asker {
  readonly #place: Place
  readonly #agent: Agent

  constructor(place: Place, connections: number, localAddress?: string) {
    this.#place = place
    const from = localAddress === undefined ? {} : { localAddress }
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, ...from })
  }
  ask({ method, path, token, body, type, key, actAs }: Asked): Promise<Told> {
    const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    const headers: Record<string, string> = { authorization: `Bearer ${token}` }
    if (bytes !== undefined) {
      headers['content-type'] = type ?? 'application/json'
      headers['content-length'] = String(bytes.length)
    }
    if (key !== undefined) headers['idempotency-key'] = key
    if (actAs !== undefined) headers['qun-act-as'] = actAs
    return new Promise((resolve) => {
      const { host, port } = this.#place
      const asking = request({ host, port, method, path: `/v1${path}`, headers, agent: this.#agent }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => void chunks.push(chunk))
        answer.on('error', () => resolve(lost))
        answer.on('end', () => resolve(toldOf(answer.statusCode ?? 0, Buffer.concat(chunks))))
      })
      asking.on('error', () => resolve(lost))
      asking.end(bytes)
    })
  }
  close(): void {
    this.#agent.destroy()
  }
}
function toldOf(status: number, bytes: Buffer): Told {
  if (status < 400) return { status, code: '', retryAfterMs: 0, body: bytes.toString() }
  const problem = parse(bytes)
  return { status, code: problem.code ?? '', retryAfterMs: (problem.retry_after ?? 0) * 1_000, body: '' }
}
function parse(bytes: Buffer): { code?: string; retry_after?: number } {
  try {
    return JSON.parse(bytes.toString()) as { code?: string; retry_after?: number }
  } catch {
    return {}
  }
}
