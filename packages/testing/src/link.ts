/** A socket between an SDK client and the engine in one process: JSON text both ways, no port. */
import type { AppId, ClientFrame, UserId } from '@qun/contract'
import type { Core, Session } from '@qun/core'
import type { SocketLike } from '@qun/sdk'

/** Tokens of a world are the user's id: who may speak for whom is the server's business, tested there. */
export class Link implements SocketLike {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onclose: ((closing: { code: number; reason: string }) => void) | null = null
  onerror: ((error: unknown) => void) | null = null
  readonly #core: Core
  readonly #appId: AppId
  #session: Session | undefined
  #isClosed = false

  constructor(core: Core, appId: AppId) {
    this.#core = core
    this.#appId = appId
    setImmediate(() => this.onopen?.())
  }
  send(text: string): void {
    if (this.#isClosed) throw new Error('the socket is closed')
    const frame = JSON.parse(text) as ClientFrame
    if (frame.op !== 'auth') return this.#session?.receive(frame)
    const { token, epoch, version } = frame
    const resume = { ...(epoch === undefined ? {} : { epoch }), ...(version === undefined ? {} : { version }) }
    const outlet = {
      // As with a real socket, what is sent within a call is heard after it.
      push: (packet: { readonly text: string }) =>
        queueMicrotask(() => {
          if (!this.#isClosed) this.onmessage?.({ data: packet.text })
        }),
      close: (code: number, reason: string) => this.break(code, reason),
    }
    this.#session = this.#core.connect({ appId: this.#appId, userId: token as UserId, guest: false }, resume, outlet)
  }
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#session?.close()
  }
  /** Ends it from the server's side, or as a network does. */
  break(code: number, reason: string): void {
    if (this.#isClosed) return
    this.close()
    this.onclose?.({ code, reason })
  }
}
