/** A WebSocket client that may break every rule: it writes raw frames and waits for what comes back. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface FrameWish {
  readonly opcode?: number
  readonly isFinal?: boolean
  readonly isMasked?: boolean
  readonly rsv?: number
}

/** A frame from client to server. */
export function clientFrame(body: Uint8Array | string, wish: FrameWish = {}): Buffer {
  const bytes = Buffer.from(body as Uint8Array)
  const { opcode = 1, isFinal = true, isMasked = true, rsv = 0 } = wish
  const maskBit = isMasked ? 0x80 : 0
  const head =
    bytes.length < 126
      ? Buffer.from([0, maskBit | bytes.length])
      : bytes.length < 65_536
        ? Buffer.from([0, maskBit | 126, bytes.length >> 8, bytes.length & 255])
        : Buffer.concat([Buffer.from([0, maskBit | 127]), uint64(bytes.length)])
  head[0] = (isFinal ? 0x80 : 0) | (rsv << 4) | opcode
  if (!isMasked) return Buffer.concat([head, bytes])
  const mask = randomBytes(4)
  return Buffer.concat([head, mask, bytes.map((byte, i) => byte ^ mask[i % 4]!)])
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

interface Waiter {
  readonly isMet: () => unknown
  readonly resolve: (value: any) => void
}

export class WireClient {
  readonly socket: Socket
  /** Text frames received, parsed. */
  readonly frames: any[] = []
  /** Control frames received: opcode and body. */
  readonly controls: { readonly opcode: number; readonly body: Buffer }[] = []
  /** The server's close code; 1006 when the line ended without one. */
  closedWith: number | undefined
  closeReason = ''
  /** The answer to the upgrade. */
  status = 0
  answer = ''
  #data = Buffer.alloc(0)
  #isUpgraded = false
  #waiters: Waiter[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closedWith ??= 1006
      this.#wake()
    })
  }

  /** Connects and asks for an upgrade; resolves with the client whatever the answer was. */
  static async open(
    url: string,
    wish: { readonly path?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<WireClient> {
    const { hostname, port, host } = new URL(url)
    const client = new WireClient(connect(Number(port), hostname))
    const headers = {
      Host: host,
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...wish.headers,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    client.socket.write(`GET ${wish.path ?? '/v1/socket'} HTTP/1.1\r\n${lines.join('')}\r\n`)
    await client.until(() => client.status !== 0 || client.closedWith !== undefined)
    return client
  }

  write(...frames: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames))
  }
  send(frame: unknown): void {
    this.write(clientFrame(JSON.stringify(frame)))
  }

  /** Resolves with the first truthy answer; the test's own timeout is the limit. */
  until<T>(isMet: () => T): Promise<NonNullable<T>> {
    const value = isMet()
    if (value) return Promise.resolve(value)
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }))
  }
  /** The same of several: asked again whenever any of them hears something. */
  static untilAny<T>(clients: readonly WireClient[], isMet: () => T): Promise<NonNullable<T>> {
    return Promise.race(clients.map((client) => client.until(isMet)))
  }
  untilOp(op: string): Promise<any> {
    return this.until(() => this.frames.find((frame) => frame.op === op))
  }
  async untilClosed(): Promise<number> {
    return this.until(() => this.closedWith)
  }

  /** Authenticates and waits for `hello`. */
  async enter(token: string): Promise<this> {
    this.send({ op: 'auth', token })
    await this.untilOp('hello')
    return this
  }

  close(): void {
    this.socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#data = Buffer.concat([this.#data, chunk])
    if (!this.#isUpgraded) this.#readAnswer()
    if (this.#isUpgraded) while (this.#readFrame()) continue
    this.#wake()
  }

  #readAnswer(): void {
    const end = this.#data.indexOf('\r\n\r\n')
    if (end < 0) return
    this.answer = this.#data.toString('utf8')
    this.#isUpgraded = this.answer.startsWith('HTTP/1.1 101')
    this.status = Number(this.answer.slice(9, 12))
    this.#data = this.#data.subarray(end + 4)
  }

  #readFrame(): boolean {
    const data = this.#data
    if (data.length < 2) return false
    const short = data[1]! & 0x7f
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2
    if (data.length < headBytes) return false
    const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short
    if (data.length < headBytes + length) return false
    const body = data.subarray(headBytes, headBytes + length)
    const opcode = data[0]! & 15
    if (opcode === 1) this.frames.push(JSON.parse(body.toString('utf8')))
    else this.controls.push({ opcode, body: Buffer.from(body) })
    if (opcode === 8 && this.closedWith === undefined) {
      this.closedWith = body.length >= 2 ? body.readUInt16BE(0) : 1005
      this.closeReason = body.subarray(2).toString('utf8')
    }
    this.#data = data.subarray(headBytes + length)
    return true
  }

  #wake(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      const value = waiter.isMet()
      if (value) waiter.resolve(value)
      else this.#waiters.push(waiter)
    }
  }
}
