/**
 * Ends a connection whose request is refused before its body was read. To close it at once would throw away the answer
 * with what the sender still writes: it is closed for writing, and open for a moment longer.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { discard, isSpent } from '../ground/discard.ts'

/** Long enough for an answer to arrive and be read; what is sent meanwhile costs nothing but the line. */
const lingerMs = 2_000
const ending = new WeakSet<Socket>()

export function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}
/** Whether bytes of the body may still come, which must not be taken for the next request. */
export function isBodyLeft(request: FastifyRequest): boolean {
  return hasBody(request) && !request.raw.complete
}
export function isEnding(socket: Socket): boolean {
  return ending.has(socket)
}
/** Neither answered nor read on, until the line ends with the answer to what was before it. */
export function ignore(request: IncomingMessage): void {
  request.resume()
  request.socket.pause()
}
/** Ends a line whose last answer was written, whatever is still sent. */
export function destroyLater(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(timer))
}
export function endPolitely(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request
  const { socket } = raw
  reply.header('connection', 'close')
  if (ending.has(socket)) return
  ending.add(socket)
  discard(raw)
  // NOTE: Node calls this when the answer is written, and destroys the socket; there is no other way to keep it.
  socket.destroySoon = () => {
    destroyLater(socket)
    if (!isSpent(raw)) socket.resume()
    const close = () => void socket.destroy()
    socket.end(() => (raw.complete ? close() : raw.once('end', close)))
  }
}
