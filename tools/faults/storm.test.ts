/** Kills a server with a crowd on it: all come back by themselves, spread out, and hold the same log. */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient, type GroupHandle, type QunClient } from '@qun/sdk'
import { textMessage } from '@qun/features/words/message/contract'
import { lengthOf } from '@qun/testing/share'
import { expect, test } from 'vitest'
import { inParallel } from '../bench/host-api.ts'
import { readFamilyUse } from '../bench/process-stat.ts'
import { hashLog } from '../replay/proof.ts'
import { FaultWorld } from './fault-world.ts'

/** One address may hold a thousand sockets; P8 speaks of a thousand clients. A tenth of them nine times in ten. */
const clientCount = lengthOf(900, 7)
/** P8: everybody is back and has caught up this soon after the server is. */
const resyncedWithinMs = 20_000
const rssFactorMax = 2

interface Member {
  readonly client: QunClient
  readonly group: GroupHandle
}

test('[P8] [P5] a crowd whose server was killed is back within 20 s, with no gap and no swollen server', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: clientCount }, (_, at) => `m-${at}`)
  const groupId = await world.makeGroup(people)
  const crowd: Member[] = []
  await inParallel(people, 16, async (userId) => {
    const client = createClient({ url: `http://127.0.0.1:${world.port}`, token: async () => world.token(userId) })
    client.connect()
    const group = client.open(groupId)
    crowd.push({ client, group })
    await until(() => group.get().ready, 60_000)
  })
  const speaker = crowd[0]!.group
  for (let number = 0; number < 40; number += 1) await speaker.send(textMessage, { text: `before ${number}` })
  const steadyRssKb = readFamilyUse(world.server.pid).rssKb

  world.server.kill('SIGKILL')
  await world.server.ended
  const sending = speaker.send(textMessage, { text: 'while away' })
  await world.restart()
  const backAt = performance.now()
  const watch = watchRss(world)
  const { seq } = await sending
  await until(() => crowd.every(({ group }) => (group.get().messages.at(-1)?.seq ?? 0) >= seq), 60_000)
  const resyncedMs = performance.now() - backAt
  const rssMaxKb = watch()
  const rss = `${Math.round(steadyRssKb / 1_024)} → ${Math.round(rssMaxKb / 1_024)} MiB`
  console.log(`${clientCount} clients caught up ${Math.round(resyncedMs)} ms after the restart, RSS ${rss}`)

  await pause(500)
  const wanted = hashLog(await world.host.readLog(groupId, world.token(people[0]!)))
  await inParallel(crowd, 8, async ({ group }) => {
    while (!group.get().atStart) await group.loadOlder()
    expect(hashLog(group.get().messages)).toBe(wanted)
  })
  for (const { client } of crowd) client.close()
  expect(resyncedMs).toBeLessThan(resyncedWithinMs)
  expect(rssMaxKb).toBeLessThan(steadyRssKb * rssFactorMax)
})

async function until(holds: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms`)
    await pause(20)
  }
}

/** Looks at the server's memory four times a second; answers how to stop and the most seen. */
function watchRss(world: FaultWorld): () => number {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, readFamilyUse(world.server.pid).rssKb)
  }, 250)
  return () => {
    clearInterval(timer)
    return most
  }
}
