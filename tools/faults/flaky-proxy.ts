/** A TCP proxy that loses answers: it cuts both sides instead of passing on what the server said. Knows no protocol. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface FlakyProxy {
  readonly port: number
  /** Answers lost so far. */
  readonly lost: number
  /** Cuts everything and passes on nothing until `open`. */
  shut(): void
  open(): void
  close(): Promise<void>
}
export interface FlakyProxyOptions {
  /** Where the server is; asked at every connection, since a server may come back elsewhere. */
  readonly target: () => number
  /** Whether to lose the next piece a server says; never unless given. */
  readonly isLost?: () => boolean
}

export async function startFlakyProxy({ target, isLost = () => false }: FlakyProxyOptions): Promise<FlakyProxy> {
  const sockets = new Set<Socket>()
  let lost = 0
  let isShut = false
  const server = createServer((client) => {
    if (isShut) return void client.resetAndDestroy()
    const upstream = connect({ port: target(), host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    const cut = () => {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (!isLost()) return void client.write(bytes)
      lost += 1
      cut()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const shut = () => {
    isShut = true
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get lost() {
      return lost
    },
    shut,
    open: () => {
      isShut = false
    },
    close: async () => {
      shut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
