/** A bare client for fault runs: sends texts on a socket, keeps each acknowledgement, repeats what got none. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Acknowledgement {
  readonly clientId: string
  readonly text: string
  readonly seq: number
}
export interface SpeakerOptions {
  /** `ws://127.0.0.1:8080/v1/socket`. */
  readonly socketUrl: () => string
  readonly token: () => string
  readonly groupId: string
  /** Begins every clientId and text of this speaker. */
  readonly name: string
}

interface SentFrame {
  readonly op: string
  readonly clientId?: string
  readonly seq?: number
  readonly id?: number
  readonly code?: string
  readonly retry?: string
}

/** Keeps `window` messages under way until it is told to stop; order does not matter here, loss does. */
export class Speaker {
  readonly acknowledged: Acknowledgement[] = []
  /** Definite refusals: a fault run expects none. */
  readonly refused: string[] = []
  readonly #options: SpeakerOptions
  readonly #open = new Map<string, string>()
  #socket: WebSocket | undefined
  #number = 0
  #id = 0
  #isStopped = false
  #window = 0
  #goal = Number.POSITIVE_INFINITY
  #finish: (() => void) | undefined

  constructor(options: SpeakerOptions) {
    this.#options = options
  }

  /** Sends until `count` messages are acknowledged, or for ever until `stop`. */
  async speak(window: number, count = Number.POSITIVE_INFINITY): Promise<void> {
    this.#window = window
    this.#goal = count
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    const connecting = this.#stayConnected()
    await finished
    this.#isStopped = true
    this.#socket?.close()
    await connecting
  }

  /** Sends nothing further; `speak` resolves once everything under way is answered, or at once. */
  stop(settle: boolean): void {
    this.#goal = 0
    if (!settle || this.#open.size === 0) this.#finish?.()
  }

  get name(): string {
    return this.#options.name
  }
  get groupId(): string {
    return this.#options.groupId
  }
  get underWay(): number {
    return this.#open.size
  }

  async #stayConnected(): Promise<void> {
    while (!this.#isStopped) {
      await this.#once()
      if (!this.#isStopped) await pause(20)
    }
  }

  #once(): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#options.socketUrl())
      this.#socket = socket
      socket.addEventListener('open', () => socket.send(JSON.stringify({ op: 'auth', token: this.#options.token() })))
      socket.addEventListener('message', (message) =>
        this.#heard(socket, JSON.parse(String(message.data)) as SentFrame),
      )
      // An error is followed by a close.
      socket.addEventListener('close', () => resolve())
    })
  }

  #heard(socket: WebSocket, frame: SentFrame): void {
    if (frame.op === 'hello') {
      for (const [clientId, text] of this.#open) this.#send(socket, clientId, text)
      this.#fill(socket)
    } else if (frame.op === 'sent' && this.#open.has(frame.clientId!)) {
      this.acknowledged.push({ clientId: frame.clientId!, text: this.#open.get(frame.clientId!)!, seq: frame.seq! })
      this.#open.delete(frame.clientId!)
      this.#fill(socket)
      if (this.#number >= this.#goal && this.#open.size === 0) this.#finish?.()
    } else if (frame.op === 'error' && frame.retry === 'later') socket.close()
    else if (frame.op === 'error') this.refused.push(frame.code!)
  }

  #fill(socket: WebSocket): void {
    while (this.#open.size < this.#window && this.#number < this.#goal) {
      this.#number += 1
      const clientId = `${this.#options.name}-${this.#number}`
      const text = `${this.#options.name} says ${this.#number}`
      this.#open.set(clientId, text)
      this.#send(socket, clientId, text)
    }
  }

  #send(socket: WebSocket, clientId: string, text: string): void {
    if (socket.readyState !== WebSocket.OPEN) return
    this.#id += 1
    const { groupId } = this.#options
    socket.send(JSON.stringify({ op: 'send', id: this.#id, groupId, clientId, kind: 'text', body: { text } }))
  }
}
