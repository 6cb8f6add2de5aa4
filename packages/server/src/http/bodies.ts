/**
 * Reads the bodies of requests within a budget of bytes: what all of them hold in memory is bounded, however many are
 * sent, however slowly. Knows no route.
 */
import { refuse } from '@qun/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'

export interface BodyLimits {
  /** Bytes that bodies of all requests hold together. */
  readonly bytesMax: number
  /** Of one app, so that another's are still taken. */
  readonly bytesPerAppMax: number
  /** Of one person, or of one address without a credential. */
  readonly bytesPerPersonMax: number
}

/** Who sends a body: the app, and the person or address. */
interface Sender {
  readonly app: string
  readonly person: string
}

/** Counts the bytes held, in all, by app and by person. */
export class BodyBudget {
  readonly #limits: BodyLimits
  readonly #byApp = new Map<string, number>()
  readonly #byPerson = new Map<string, number>()
  #held = 0

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }
  get held(): number {
    return this.#held
  }
  heldBy({ app, person }: Sender): number {
    return this.#byPerson.get(`${app} ${person}`) ?? 0
  }
  /** Refuses `server.overloaded` when there is no room; nothing is counted then. */
  take({ app, person }: Sender, bytes: number): void {
    const key = `${app} ${person}`
    const ofApp = (this.#byApp.get(app) ?? 0) + bytes
    const own = (this.#byPerson.get(key) ?? 0) + bytes
    const { bytesMax, bytesPerAppMax, bytesPerPersonMax } = this.#limits
    if (this.#held + bytes > bytesMax || ofApp > bytesPerAppMax || own > bytesPerPersonMax)
      throw refuse('server.overloaded', { detail: 'too many bytes are on their way', retryAfterMs: 2_000 })
    this.#held += bytes
    this.#byApp.set(app, ofApp)
    this.#byPerson.set(key, own)
  }
  free({ app, person }: Sender, bytes: number): void {
    this.#held -= bytes
    lower(this.#byApp, app, bytes)
    lower(this.#byPerson, `${app} ${person}`, bytes)
  }
}
function lower(counts: Map<string, number>, key: string, bytes: number): void {
  const left = (counts.get(key) ?? 0) - bytes
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes its body holds; undefined when it has none, or they were let go. */
    heldBody: HeldBody | undefined
  }
}
/** What a request holds until its handler is done with it, or until nobody waits for an answer and none runs. */
export class HeldBody {
  readonly #budget: BodyBudget
  readonly #sender: Sender
  #bytes = 0
  /** A handler works with the body: only its end lets go. */
  isServed = false

  constructor(budget: BodyBudget, sender: Sender) {
    this.#budget = budget
    this.#sender = sender
  }
  take(bytes: number): void {
    this.#budget.take(this.#sender, bytes)
    this.#bytes += bytes
  }
  free(): void {
    if (this.#bytes > 0) this.#budget.free(this.#sender, this.#bytes)
    this.#bytes = 0
  }
}

/** Lets go of what no handler took: refused on the way, or its sender is gone. */
export function addBodyBudget(app: FastifyInstance): void {
  app.decorateRequest('heldBody', undefined)
  app.addHook('onResponse', (request, _reply, done) => {
    if (request.heldBody?.isServed !== true) request.heldBody?.free()
    done()
  })
}

/**
 * All bytes of the body. Refuses `request.too_large` above `bytesMax`, by its head alone if that says so;
 * `request.malformed` when it ends early or late; `server.overloaded` while there is no room for it.
 */
export function readBody(
  budget: BodyBudget,
  request: FastifyRequest,
  payload: IncomingMessage,
  bytesMax: number,
): Promise<Buffer> {
  const told = request.headers['content-length']
  const length = told === undefined ? undefined : Number(told)
  if (length !== undefined && length > bytesMax) return Promise.reject(refuse('request.too_large'))
  const sender = {
    app: request.calling?.appId ?? '',
    person: request.calling?.principal?.userId ?? `@${request.clientAddress}`,
  }
  const held = new HeldBody(budget, sender)
  request.heldBody = held
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      end()
    }
    const onError = (error: unknown) =>
      settle(() => {
        // What still comes is thrown away until the answer is out and closes the connection: a sender whose bytes are
        // left lying would be cut before it reads why.
        chunks.length = 0
        payload.resume()
        held.free()
        reject(error)
      })
    const onData = (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > bytesMax) throw refuse('request.too_large')
        held.take(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        onError(error)
      }
    }
    const onEnd = () => {
      if (length !== undefined && length !== size) return onError(refuse('request.malformed'))
      settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    }
    const onClose = () => onError(refuse('request.malformed'))
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    payload.resume()
  })
}
