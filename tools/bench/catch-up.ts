/**
 * Measures reading at size: H, a thousand clients that come back at once, 5,000 rows behind; I, pages of history of
 * five million rows whose cache is cold. `npm run bench:rows -- [--rows 5000000] [--clients 1000] [--pages 2000]`.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findRunningEmbedded } from '@qun/storage'
import { Client } from 'pg'
import { Connections } from './connections.ts'
import { makeGroups, type MadeGroups } from './group-setup.ts'
import { Histogram } from './histogram.ts'
import { startQun, type QunChild } from './peers.ts'
import { readFamilyUse } from './process-stat.ts'
import { clientFrame, upgradeRequest } from './websocket-wire.ts'
import { signToken } from './wire.ts'
import { makeWorkFolder } from './work-folder.ts'
import type { Workload } from './workloads.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    clients: { type: 'string', default: '1000' },
    pages: { type: 'string', default: '2000' },
  },
})
const rows = Number(values.rows)
const clients = Number(values.clients)
const pages = Number(values.pages)
const groupCount = 50
const behind = 5_000
const dataDir = join(makeWorkFolder('qun-rows'), 'qun')
const crowd: Workload = {
  name: 'A',
  doc: '',
  connections: clients,
  groups: groupCount,
  listedGroups: 0,
  peers: [],
  steps: () => [],
  goals: [],
}

let server = await startQun({ dataDir, pinning: null })
const made = await makeGroups(server.ready.url, [server.ready], crowd)
await inDatabase((database) => addMessages(database, rows))
await server.stop()

await measureHistory(await start())
await server.stop()
await measureCatchUp(await start())
await server.stop()
process.exit(0)

/** A server that has read nothing yet: what it needs of the tables is in nobody's buffers but the kernel's. */
async function start(): Promise<QunChild> {
  server = await startQun({ dataDir })
  return server
}

async function inDatabase(work: (database: Client) => Promise<void>): Promise<void> {
  const url = await findRunningEmbedded(join(dataDir, 'database'))
  const database = new Client({ connectionString: url })
  await database.connect()
  await database.query(`SET qun.app_id = '*'`)
  await work(database)
  await database.end()
}

/** `count` more messages, as many in each group, and the counters that go with them. */
async function addMessages(database: Client, count: number): Promise<void> {
  const each = Math.ceil(count / groupCount)
  const startedAt = performance.now()
  await database.query(
    `INSERT INTO messages (app_id, group_id, seq, version, sender_id, client_key, client_id, fingerprint, kind, body, state,
        countable, ordinal, own, at)
      SELECT g.app_id, g.group_id, g.last_seq + n, g.version + n, g.owner_id, gen_random_uuid(), 'made-' || g.last_seq + n, n, 'text',
        json_build_object('text', 'Message ' || n || repeat(' words', 20)), 'null', true, g.last_ordinal + n, o.own + n, g.last_at
      FROM groups g JOIN members o ON o.app_id = g.app_id AND o.group_id = g.group_id AND o.user_id = g.owner_id
        CROSS JOIN generate_series(1, $1::int) n WHERE g.group_id = ANY($2::text[])`,
    [each, made.groupIds],
  )
  await database.query(
    `UPDATE members m SET own = own + $1 FROM groups g
      WHERE g.app_id = m.app_id AND g.group_id = m.group_id AND m.user_id = g.owner_id
        AND g.group_id = ANY($2::text[])`,
    [each, made.groupIds],
  )
  await database.query(
    `UPDATE groups SET last_seq = last_seq + $1, version = version + $1, last_ordinal = last_ordinal + $1,
      last_word_seq = last_seq + $1 WHERE group_id = ANY($2::text[])`,
    [each, made.groupIds],
  )
  await database.query('ANALYZE messages, members, groups')
  console.log(`${(each * groupCount).toLocaleString('en')} messages made in ${seconds(startedAt)} s`)
}

/** I: one page at a time from anywhere in the log, each of a place nobody has read before. */
async function measureHistory({ ready }: QunChild): Promise<void> {
  const took = new Histogram()
  const last = Math.floor(rows / groupCount)
  for (let n = 0; n < pages; n++) {
    const member = n % clients
    const groupId = made.groupIds[member % groupCount] as string
    // Steps of a large prime land everywhere and nowhere twice.
    const before = 51 + ((n * 7_368_787) % Math.max(1, last - 50))
    const headers = { authorization: `Bearer ${signToken(ready.signing, `${made.userPrefix}${member}`)}` }
    const startedAt = performance.now()
    const answer = await fetch(`${ready.url}/v1/groups/${groupId}/messages?before=${before}&limit=50`, { headers })
    const { messages } = (await answer.json()) as { messages?: unknown[] }
    took.add(performance.now() - startedAt)
    if (messages?.length !== 50) throw new Error(`page before ${before}: ${answer.status}`)
  }
  const { p50Ms, p99Ms } = took.quantiles()
  console.log(`I: ${pages} pages of 50, cold: p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms (goal 5)`)
}

/** H: everybody is connected and goes; 5,000 rows come into each of the groups; everybody comes back at once. */
async function measureCatchUp(child: QunChild): Promise<void> {
  const before = await connectAll(child, made, undefined)
  const steadyKb = readFamilyUse(child.pid).rssKb
  before.crowd.close()
  await inDatabase((database) => addMessages(database, behind * groupCount))
  let highestKb = 0
  const watch = setInterval(() => (highestKb = Math.max(highestKb, readFamilyUse(child.pid).rssKb)), 50)
  const after = await connectAll(child, made, Math.ceil(rows / groupCount))
  clearInterval(watch)
  after.crowd.close()
  const memory = `server's RSS ${mega(highestKb)} MB at most, ${mega(steadyKb)} steady (goal 2 times)`
  console.log(`H: ${after.crowd.ready} of ${clients} caught up in ${after.tookS} s (goal 5); ${memory}`)
}

/** Opens all connections at once; each is ready when it has the newest rows of its group. */
async function connectAll({ ready }: QunChild, { userPrefix, groupIds }: MadeGroups, from: number | undefined) {
  const crowd = new Connections({
    host: '127.0.0.1',
    port: ready.port,
    count: clients,
    atOnce: clients,
    greet: (connection) => {
      const token = signToken(ready.signing, `${userPrefix}${connection}`)
      const group = {
        groupId: groupIds[connection % groupCount],
        level: 'open',
        ...(from === undefined ? {} : { from }),
      }
      return [
        { send: upgradeRequest('/v1/socket', '127.0.0.1') },
        { await: '\r\n\r\n' },
        { send: clientFrame(JSON.stringify({ op: 'auth', token })) },
        { await: '"op":"hello"' },
        { send: clientFrame(JSON.stringify({ op: 'subscribe', id: 1, groups: [group] })) },
        { await: '"op":"done","id":1' },
      ]
    },
    received: (_bytes, _start, end) => end,
  })
  const startedAt = performance.now()
  await crowd.open(60_000)
  return { crowd, tookS: seconds(startedAt) }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(2)
}
function mega(kb: number): string {
  return (kb / 1_024).toFixed(0)
}
