/** Asks for what is missing of a stream: one question per stream at a time, repeated until answered. Knows no row. */
import type { PullFrame, Static, Stream } from '@qun/contract'
import { backoffMs } from './backoff.ts'
import type { Platform } from './defaults.ts'

export interface PullsHost {
  readonly send: (frame: Static<typeof PullFrame>) => boolean
  readonly nextId: () => number
  /** Where the stream stands if it still lacks something; undefined when it lacks nothing or nobody follows it. */
  readonly lacking: (stream: Stream) => number | undefined
}
interface Question {
  readonly id: number
  readonly cancel: () => void
}

const answerMs = 10_000
/** An answer that brought nothing is asked again after a while, not in a loop. */
const emptyMs = 1_000

export class Pulls {
  readonly #platform: Platform
  readonly #host: PullsHost
  /** Id 0: waiting before the next question. */
  readonly #questions = new Map<Stream, Question>()

  constructor(platform: Platform, host: PullsHost) {
    this.#platform = platform
    this.#host = host
  }

  /** Asks from where the stream stands, unless a question is under way. */
  ask(stream: Stream): void {
    if (this.#questions.has(stream)) return
    const from = this.#host.lacking(stream)
    if (from !== undefined) this.#question(stream, from)
  }
  /** Asks from `from` even if no frame told of more: a catch-up stopped at its row limit. */
  askFrom(stream: Stream, from: number): void {
    if (!this.#questions.has(stream)) this.#question(stream, from)
  }
  /**
   * A frame of the stream was taken in. `isMoved`: it moved the cursor. An answer with `more` stopped at its row
   * limit: the rest is asked for at once.
   */
  taken(
    stream: Stream,
    frame: { readonly id?: number; readonly more?: boolean; readonly to?: number },
    isMoved: boolean,
  ): void {
    const question = this.#questions.get(stream)
    if (question === undefined || question.id === 0 || question.id !== frame.id) return this.ask(stream)
    this.#end(stream)
    if (frame.more === true && frame.to !== undefined && isMoved) this.#question(stream, frame.to)
    else if (isMoved) this.ask(stream)
    else if (this.#host.lacking(stream) !== undefined) this.#askLater(stream, emptyMs)
  }
  /** The stream whose question was refused, if it was a question. */
  refused(id: number | undefined): Stream | undefined {
    for (const [stream, question] of this.#questions) {
      if (question.id === 0 || question.id !== id) continue
      this.#end(stream)
      return stream
    }
    return undefined
  }
  retry(stream: Stream, afterSeconds: number | undefined): void {
    this.#askLater(stream, (afterSeconds ?? 0) * 1_000 + emptyMs + backoffMs(1, this.#platform.random()))
  }
  /** The connection is gone, and all questions with it. */
  clear(): void {
    for (const stream of this.#questions.keys()) this.#end(stream)
  }

  #question(stream: Stream, from: number): void {
    const id = this.#host.nextId()
    if (!this.#host.send({ op: 'pull', id, stream, from })) return
    const cancel = this.#platform.wait(answerMs, () => {
      this.#questions.delete(stream)
      this.ask(stream)
    })
    this.#questions.set(stream, { id, cancel })
  }
  #askLater(stream: Stream, delayMs: number): void {
    this.#end(stream)
    const cancel = this.#platform.wait(delayMs, () => {
      this.#questions.delete(stream)
      this.ask(stream)
    })
    this.#questions.set(stream, { id: 0, cancel })
  }
  #end(stream: Stream): void {
    this.#questions.get(stream)?.cancel()
    this.#questions.delete(stream)
  }
}
