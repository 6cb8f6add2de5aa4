/**
 * Ends a connection whose request is refused before its body was read. To close it at once would throw away the answer
 * with what the sender still writes: it is closed for writing, and what comes is thrown away for a moment.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'

/** Long enough for an answer to arrive and be read; what is sent meanwhile costs nothing but the line. */
const lingerMs = 2_000
const ending = new WeakSet<Socket>()

/** Whether bytes of the body may still come, which must not be taken for the next request. */
export function isBodyLeft({ headers, raw }: FastifyRequest): boolean {
  const length = headers['content-length']
  const hasBody = headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  return hasBody && !raw.complete
}
export function isEnding(socket: Socket): boolean {
  return ending.has(socket)
}
export function endPolitely(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request
  const { socket } = raw
  reply.header('connection', 'close')
  if (ending.has(socket)) return
  ending.add(socket)
  raw.resume()
  // NOTE: Node calls this when the answer is written, and destroys the socket; there is no other way to keep it.
  socket.destroySoon = () => {
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
    socket.once('close', () => clearTimeout(timer))
    const close = () => void socket.destroy()
    socket.end(() => (raw.complete ? close() : raw.once('end', close)))
  }
}
