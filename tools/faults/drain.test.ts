/** Stops the server politely while people speak: nothing acknowledged is lost and nobody is refused for good. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { checkLog, FaultWorld } from './fault-world.ts'
import { Speaker } from './speaker.ts'

/** A stop finishes what is under way within this time (security.md, Drain). */
const drainMaxMs = 20_000

test('[P21] SIGTERM under load drains: exit 0, no acknowledged message lost, the next server goes on', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: 8 }, (_, at) => `speaker-${at}`)
  const groupId = await world.makeGroup(people)
  const speakers = people.map((name) => {
    return new Speaker({ name, groupId, socketUrl: () => world.socketUrl(), token: () => world.token(name) })
  })
  const speaking = speakers.map((speaker) => speaker.speak(16))
  for (let round = 0; round < 3; round += 1) {
    await pause(2_000)
    const startedAt = performance.now()
    world.server.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(drainMaxMs)
    await world.restart()
  }
  await pause(1_000)
  for (const speaker of speakers) speaker.stop(true)
  await Promise.all(speaking)
  const acknowledged = speakers.flatMap((speaker) => speaker.acknowledged)
  const check = checkLog(await world.host.readLog(groupId, world.token(people[0]!)), acknowledged)
  expect(check).toEqual({ texts: acknowledged.length, lost: [], doubled: [], gaps: [] })
  expect(speakers.flatMap((speaker) => speaker.refused)).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(1_000)
})
