/**
 * Ends sessions of PostgreSQL under load, and stops the server's process in the middle of what it does: no group is
 * left with counters that disagree with its rows, and every group takes posts.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findRunningEmbedded } from '@qun/storage'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { seededRandom } from '../replay/own-server.ts'
import { FaultWorld } from './fault-world.ts'
import { Talk } from './talk.ts'

const groups = 12
const seed = 20_261_129
/** A machine too busy to get there in this time fails the run rather than proving less. */
const runMaxMs = 200_000
const pausesMin = 200
const endingsMin = 500

async function connect(world: FaultWorld): Promise<Client> {
  const url = await findRunningEmbedded(join(world.dataDir, 'database'))
  const client = new Client({ connectionString: url!, application_name: 'fault run' })
  await client.connect()
  return client
}

test('[P1] [M1] [M8] a process that stops for longer than its transactions may, at any moment of a batch, leaves no group broken', async () => {
  await using world = await FaultWorld.start()
  const admin = await connect(world)
  const talk = await Talk.start(world, groups)
  talk.speak(2)
  const random = seededRandom(seed)
  const until = performance.now() + runMaxMs
  let pauses = 0
  let ended = 0
  while (pauses < pausesMin && performance.now() < until) {
    await pause(20 + random() * 150)
    world.server.kill('SIGSTOP')
    // What idle_in_transaction_session_timeout does after its time, done at once: the process cannot tell.
    const { rowCount } = await admin.query(`SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
      WHERE application_name = 'qun' AND state LIKE 'idle in transaction%'`)
    await pause(random() * 40)
    world.server.kill('SIGCONT')
    pauses += 1
    ended += rowCount ?? 0
  }
  await admin.end()
  console.log(`seed ${seed}: ${pauses} pauses, ${ended} transactions ended, ${talk.acknowledged} acknowledged`)
  expect(pauses).toBe(pausesMin)
  await talk.prove({ QUN_DATA: world.dataDir })
})

test('[P22] [M1] [M8] sessions that PostgreSQL ends at random under load leave no group broken', async () => {
  await using world = await FaultWorld.start()
  const admin = await connect(world)
  const talk = await Talk.start(world, groups)
  talk.speak(2)
  const random = seededRandom(seed + 1)
  const until = performance.now() + runMaxMs
  let ended = 0
  while (ended < endingsMin && performance.now() < until) {
    await pause(random() * 150)
    const { rows } = await admin.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity
      WHERE application_name = 'qun' AND datname = current_database() ORDER BY pid`)
    const one = rows[Math.floor(random() * rows.length)]
    if (one === undefined) continue
    await admin.query('SELECT pg_terminate_backend($1)', [one.pid])
    ended += 1
  }
  await admin.end()
  console.log(`seed ${seed}: ${ended} sessions ended, ${talk.acknowledged} acknowledged`)
  expect(ended).toBe(endingsMin)
  await talk.prove({ QUN_DATA: world.dataDir })
})
