/**
 * `Expect: 100-continue`: who asks before sending a body is told to send it once it will be read, and not before; who
 * is refused keeps it. Knows no route.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const asking = new WeakMap<IncomingMessage, ServerResponse>()

export function addExpect(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.set(request, response)
    server.emit('request', request, response)
  })
}
/** The body will be read now. */
export function sayContinue(request: IncomingMessage): void {
  asking.get(request)?.writeContinue()
  asking.delete(request)
}
