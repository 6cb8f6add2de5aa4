/** AsyncAPI 3 of the socket, from the frames. */
import { clientFrames, closeCodes, serverFrames, type TSchema } from '@qun/contract'
import type { DocumentsOptions } from './openapi.ts'
import { socketPath } from '../ground/paths.ts'

type Json = Record<string, unknown>

export function asyncApiOf(options: DocumentsOptions): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Qun 群: socket',
      version: options.version,
      description:
        'JSON text frames. The first frame is `auth`, within five seconds; the server answers `hello`. A `changes` frame ' +
        'says from which version to which: apply it only when `from` is not above your cursor, else send `pull`.',
    },
    servers: { here: { host: 'localhost', protocol: 'ws', pathname: socketPath } },
    channels: {
      socket: {
        address: socketPath,
        messages: { ...messagesOf('client', clientFrames), ...messagesOf('server', serverFrames) },
        'x-close-codes': closeCodes,
      },
    },
    operations: {
      send: operationOf('send', 'client', clientFrames),
      receive: operationOf('receive', 'server', serverFrames),
    },
    components: { schemas: {} },
  }
}

function messagesOf(side: 'client' | 'server', frames: Readonly<Record<string, TSchema>>): Json {
  return Object.fromEntries(
    Object.entries(frames).map(([op, schema]) => [
      `${side}-${op}`,
      { name: op, contentType: 'application/json', payload: schema },
    ]),
  )
}

/** Actions are told from the client's side. */
function operationOf(
  action: 'send' | 'receive',
  side: 'client' | 'server',
  frames: Readonly<Record<string, TSchema>>,
): Json {
  return {
    action,
    channel: { $ref: '#/channels/socket' },
    messages: Object.keys(frames).map((op) => ({ $ref: `#/channels/socket/messages/${side}-${op}` })),
  }
}
