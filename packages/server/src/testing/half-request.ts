/** A request that is written piece by piece, as slowly as a test likes, and what is answered to it. */
import { connect, type Socket } from 'node:net'

/** Lets sockets and files work until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 2_000_000) throw new Error('it never became so')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export class HalfRequest {
  readonly socket: Socket
  /** All that came back. */
  answer = ''
  isClosed = false

  constructor(url: string, method: string, path: string, headers: Readonly<Record<string, string>>, text?: string) {
    const { hostname, port, host } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('error', () => undefined)
    this.socket.on('data', (data) => void (this.answer += data.toString('latin1')))
    this.socket.on('close', () => void (this.isClosed = true))
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(text ?? `${method} /v1${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  }
  /** One that is no request any client would make. */
  static raw(url: string, text: string): HalfRequest {
    return new HalfRequest(url, '', '', {}, text)
  }
  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes)
  }
  /** `status code`, once it is answered. */
  async verdict(): Promise<string> {
    await until(() => /\r\n\r\n[^]/.test(this.answer) || this.isClosed)
    const status = /^HTTP\/1\.1 (\d+)/.exec(this.answer)?.[1] ?? 'cut'
    const code = /"code":"([^"]+)"/.exec(this.answer)?.[1]
    return code === undefined ? status : `${status} ${code}`
  }
  /** The line breaks. */
  break(): void {
    this.socket.destroy()
  }
}
