/** Two servers on one database, hints between them lost: clients of both hold the same, the removed hear nothing. */
import { setTimeout as pause } from 'node:timers/promises'
import { removeMember } from '@qun/features/people/membership/contract'
import { createClient } from '@qun/sdk'
import { startEmbedded } from '@qun/storage'
import { expect, test } from 'vitest'
import { startQun } from '../bench/peers.ts'
import { makeWorkFolder } from '../bench/work-folder.ts'
import { FaultWorld } from './fault-world.ts'
import { Talk } from './talk.ts'

const groups = 8
const lostShare = 0.3
const talkMs = 25_000
/** A hint that is lost is made good within this time; the rest is the machine's own. */
const heardWithinMs = 2_000
const seed = 20_261_130

test('[NODE1] [NODE2] [M8] two nodes that lose every third hint: every client holds a fresh reading, whoever was removed hears nothing', async () => {
  const database = await startEmbedded({ dataDir: makeWorkFolder('qun-faults-nodes') })
  try {
    const args = ['--database', database.url, '--lose', String(lostShare)]
    await using world = await FaultWorld.start([...args, '--seed', String(seed)])
    const second = await startQun({
      ...{ dataDir: world.dataDir, pinning: null },
      args: [...args, '--seed', String(seed + 1)],
    })
    try {
      const talk = await Talk.start(world, groups, [world.port, second.ready.port])
      talk.speak(1)
      await pause(talkMs / 2)
      await removeOne(world, talk, second.ready.port)
      await pause(talkMs / 2)
      console.log(`seed ${seed}: ${talk.acknowledged} acknowledged on two nodes`)
      await talk.prove({ QUN_DATA: world.dataDir, QUN_DATABASE_URL: database.url })
    } finally {
      second.kill('SIGTERM')
      await second.ended
    }
  } finally {
    await database.stop()
  }
})

/** Somebody of the first group who listens on the second node is removed on the first. */
async function removeOne(world: FaultWorld, talk: Talk, port: number): Promise<void> {
  const { groupId, owner } = talk.groups[0]!
  const userId = 'leaver'
  await world.host.putUser(userId, userId)
  await world.host.addMembers(groupId, [userId], owner)
  const client = createClient({ url: `http://127.0.0.1:${port}`, token: async () => world.token(userId) })
  client.connect()
  const group = client.open(groupId)
  const until = performance.now() + 20_000
  while (!group.get().ready && performance.now() < until) await pause(20)
  expect(group.get().ready).toBe(true)
  await world.host.call(removeMember, { params: { groupId, userId } as never, body: {}, actAs: owner })
  await pause(heardWithinMs)
  const heard = group.get().messages.length
  await pause(2_000)
  expect(group.get().messages.length).toBe(heard)
  client.close()
}
