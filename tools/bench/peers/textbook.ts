/**
 * A grab as a textbook writes it: the packet's row is locked, looked at and changed in a transaction per request,
 * behind the same HTTP framework and on the same PostgreSQL as Qun. No tokens, no ledger, no checks. Arguments: the
 * database's address and how many shares there are. Prints its port as JSON.
 */
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import pg from 'pg'

const [databaseUrl, shares] = process.argv.slice(2)
/** Connections of the pool, as most people set it. */
const pool = new pg.Pool({ connectionString: databaseUrl!, max: 16 })
await pool.query('create table bench_packet (id int primary key, free int not null)')
await pool.query('create table bench_claim (packet int, user_id text, primary key (packet, user_id))')
await pool.query('insert into bench_packet values (1, $1)', [Number(shares)])

const app = fastify()
app.post('/grab/:userId', async (request, reply) => {
  const { userId } = request.params as { userId: string }
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query<{ free: number }>('select free from bench_packet where id = 1 for update')
    const isFree = rows[0]!.free > 0
    if (isFree) {
      await client.query('insert into bench_claim values (1, $1)', [userId])
      await client.query('update bench_packet set free = free - 1 where id = 1')
    }
    await client.query('commit')
    return isFree ? { mine: { amount: 1 } } : reply.code(409).send({ code: 'redpacket.empty' })
  } finally {
    client.release()
  }
})
await app.listen({ port: 0, host: '127.0.0.1' })
process.stdout.write(`${JSON.stringify({ port: (app.server.address() as AddressInfo).port })}\n`)
process.once('SIGTERM', () => {
  void (async () => {
    await app.close()
    await pool.query('drop table bench_packet, bench_claim')
    await pool.end()
    process.exit(0)
  })()
})
