/**
 * Socket.IO rooms as most people run them: a message is emitted to the room and acknowledged. With a data directory
 * as its argument it first awaits one insert per message in the same durable PostgreSQL that Qun starts. Prints its
 * port as JSON.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startEmbedded } from '@qun/storage'
import pg from 'pg'
import { Server } from 'socket.io'

const dataDir = process.argv[2]
const database = dataDir === undefined ? undefined : await startEmbedded({ dataDir })
const pool = database === undefined ? undefined : new pg.Pool({ connectionString: database.url, max: 10 })
pool?.on('error', () => undefined)
await pool?.query(
  'create table if not exists bench_messages (id bigserial primary key, room text, body text, at timestamptz default now())',
)

const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  pingInterval: 300_000,
  pingTimeout: 60_000,
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
})
io.on('connection', (socket) => {
  const room = `g${String(socket.handshake.query.g)}`
  void socket.join(room)
  socket.on('m', async (body: string, acknowledge?: (ok: number) => void) => {
    await pool?.query('insert into bench_messages (room, body) values ($1, $2) returning id', [room, body])
    io.to(room).emit('m', body)
    acknowledge?.(1)
  })
})
http.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.stdout.write(`${JSON.stringify({ port: (http.address() as AddressInfo).port })}\n`)
})
process.once('SIGTERM', () => {
  void (async () => {
    await pool?.end()
    await database?.stop()
    process.exit(0)
  })()
})
