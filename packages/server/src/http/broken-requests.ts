/** Requests that Node's parser gave up, before there was one or in the middle of its body. Knows no route. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { refuse, type CoreCode } from '@qun/contract'
import type { ConnectionError } from 'fastify'
import { destroyLater } from './farewell.ts'
import { problemMediaType, problemOf } from '../ground/problem.ts'

const brokenRequestCodes: Readonly<Record<string, CoreCode>> = {
  HPE_HEADER_OVERFLOW: 'request.header_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request.too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
  HPE_INVALID_METHOD: 'request.method',
}
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}
/** Of each line, its last request with a body. */
const bodies = new WeakMap<Socket, Exchange>()

/** Lines the parser gave up: it says so again of every piece that still comes. */
const broken = new WeakSet<Socket>()

export function noteBody(request: IncomingMessage, response: ServerResponse): void {
  bodies.set(request.socket, { request, response })
}

export function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  if (broken.has(socket)) return
  broken.add(socket)
  // The parser calls anything an invalid method; only a word could have been one.
  const rawPacket = error.rawPacket as unknown as Buffer | undefined
  const isWord = /^[A-Za-z-]+ /.test(rawPacket?.toString('latin1', 0, 40) ?? '')
  const isGarbage = error.code === 'HPE_INVALID_METHOD' && !isWord
  const code = isGarbage ? 'request.malformed' : (brokenRequestCodes[error.code ?? ''] ?? 'request.malformed')
  const last = bodies.get(socket)
  if (last === undefined || last.response.writableEnded || last.response.destroyed) return writeProblem(socket, code)
  const { request, response } = last
  // What was sent whole is answered first: its answer would be taken for this one.
  if (request.complete) response.once('finish', () => (socket.writable ? writeProblem(socket, code) : undefined))
  else {
    endBody(request, code)
    response.once('close', () => destroyLater(socket))
  }
}

/** Whoever reads the body, or will, answers for its end: a second answer beside theirs would be one to nothing. */
function endBody(request: IncomingMessage, code: CoreCode): void {
  if (request.listenerCount('error') > 0) return void request.emit('error', refuse(code))
  const onListener = (name: string) => {
    if (name !== 'error') return
    request.off('newListener', onListener)
    process.nextTick(() => endBody(request, code))
  }
  request.on('newListener', onListener)
}

/** Writes a whole HTTP error answer on a socket that has no response object, and ends it. */
export function writeProblem(socket: Duplex, code: CoreCode): void {
  const problem = problemOf(refuse(code), 'req_none', 'en')
  const body = JSON.stringify(problem)
  const retryAfter = problem.retry_after === undefined ? '' : `Retry-After: ${problem.retry_after}\r\n`
  destroyLater(socket)
  socket.end(
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: ${problemMediaType}\r\n${retryAfter}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
