/**
 * Reads the JSON bodies of requests within shares of bytes: what all of them hold in memory is bounded, however many
 * are sent, however slowly. Lets go of what a request holds, a file too. Knows no route.
 */
import { refuse } from '@qun/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Calling } from '../apps/caller.ts'
import { readPieces } from '../files/pieces.ts'
import { sayContinue } from './expect.ts'
import { discard } from '../ground/discard.ts'
import type { Sender, Shares } from '../ground/shares.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What its body takes of memory or of the spool; undefined when it has none. */
    heldBody: Held | undefined
  }
}
/** What a request holds until its handler is done with it, or until nobody waits for an answer and none runs. */
export interface Held {
  /** Somebody works with it: only the end of that lets go. */
  isUsed: boolean
  /** May be called again. */
  free(): void | Promise<void>
}
class HeldBody implements Held {
  readonly #budget: Shares
  readonly #sender: Sender
  #bytes = 0
  isUsed = false

  constructor(budget: Shares, sender: Sender) {
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
  const letGo = ({ heldBody }: FastifyRequest) => {
    if (heldBody?.isUsed === false) void heldBody.free()
  }
  app.addHook('onResponse', (request, _reply, done) => {
    letGo(request)
    done()
  })
  // Its answer may come late, in turn or behind others of its line, and never if the line ends before.
  app.addHook('onError', async (request) => letGo(request))
  // A response that nobody waits for has no end but this one.
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.routeOptions.config.file !== undefined) reply.raw.once('close', () => letGo(request))
    done(null, payload)
  })
}

/** Who sends, as far as shares go: a person, a host, or the address of a stranger. */
export function senderOf(request: { readonly calling: Calling | undefined; readonly clientAddress: string }): Sender {
  const { calling, clientAddress } = request
  return { app: calling?.appId ?? '', person: calling?.principal?.userId ?? `@${clientAddress}` }
}
export function lengthOf(request: FastifyRequest): number | undefined {
  const told = request.headers['content-length']
  return told === undefined ? undefined : Number(told)
}

/**
 * All bytes of the body. Refuses `request.too_large` above `bytesMax`, by its head alone if that says so;
 * `request.malformed` when it ends early or late; `server.overloaded` and `rate.limited` while there is no room for it.
 */
export async function readBody(
  budget: Shares,
  request: FastifyRequest,
  payload: IncomingMessage,
  bytesMax: number,
): Promise<Buffer> {
  const length = lengthOf(request)
  if (length !== undefined && length > bytesMax) throw refuse('request.too_large')
  const held = new HeldBody(budget, senderOf(request))
  request.heldBody = held
  sayContinue(payload)
  const chunks: Buffer[] = []
  let size = 0
  try {
    await readPieces(payload, (chunk) => {
      size += chunk.length
      if (size > bytesMax) throw refuse('request.too_large')
      held.take(chunk.length)
      chunks.push(chunk)
      return undefined
    })
    if (length !== undefined && length !== size) throw refuse('request.malformed')
  } catch (error) {
    discard(payload)
    held.free()
    throw error
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
}
