/** Kills the server again and again while people speak, and counts what is left of what was acknowledged. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../replay/own-server.ts'
import { checkLog, FaultWorld } from './fault-world.ts'
import { Speaker } from './speaker.ts'

/** P1 wants sixty seconds of kills and at least this many acknowledgements. */
const runMs = 60_000
const acknowledgedMin = 20_000
const killsMin = 15
const speakerCount = 16
const windowPerSpeaker = 8

test('[P1] [P4] [M1] kill -9 at any moment loses no acknowledged message, doubles none and leaves no gap', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: speakerCount }, (_, at) => `speaker-${at}`)
  const groupId = await world.makeGroup(people)
  const speakers = people.map((name) => {
    return new Speaker({ name, groupId, socketUrl: () => world.socketUrl(), token: () => world.token(name) })
  })
  const speaking = speakers.map((speaker) => speaker.speak(windowPerSpeaker))
  const random = seededRandom(20_260_101)
  const until = performance.now() + runMs
  let kills = 0
  while (performance.now() < until) {
    await pause(200 + random() * 1_000)
    if (random() < 0.5) world.server.kill('SIGKILL')
    else world.server.killFamily()
    await world.server.ended
    kills += 1
    await world.restart()
  }
  for (const speaker of speakers) speaker.stop(true)
  await Promise.all(speaking)
  const acknowledged = speakers.flatMap((speaker) => speaker.acknowledged)
  const check = checkLog(await world.host.readLog(groupId, world.token(people[0]!)), acknowledged)
  console.log(`${kills} kills, ${acknowledged.length} acknowledged, ${check.texts} texts in the log`)
  expect(check).toEqual({ texts: acknowledged.length, lost: [], doubled: [], gaps: [] })
  expect(speakers.flatMap((speaker) => speaker.refused)).toEqual([])
  expect(kills).toBeGreaterThanOrEqual(killsMin)
  expect(acknowledged.length).toBeGreaterThanOrEqual(acknowledgedMin)
})
