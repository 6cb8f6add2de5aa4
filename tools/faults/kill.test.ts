/** Kills the server again and again while people speak, and counts what is left of what was acknowledged. */
import { setTimeout as pause } from 'node:timers/promises'
import { lengthOf } from '@qun/testing/share'
import { expect, test } from 'vitest'
import { seededRandom } from '../replay/own-server.ts'
import { checkLog, FaultWorld } from './fault-world.ts'
import { Speaker } from './speaker.ts'

/** P1: this many cycles and acknowledgements, once in ten commits; a tenth of them the other times. */
const killsMin = lengthOf(60, 1)
const acknowledgedMin = lengthOf(20_000, 1)
/** A machine too busy to get there in this time fails the run rather than proving less. */
const runMaxMs = 260_000
const speakerCount = 16
const windowPerSpeaker = 16

test('[P1] [P4] [M1] kill -9 at any moment loses no acknowledged message, doubles none and leaves no gap', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: speakerCount }, (_, at) => `speaker-${at}`)
  const groupId = await world.makeGroup(people)
  const speakers = people.map((name) => {
    return new Speaker({ name, groupId, socketUrl: () => world.socketUrl(), token: () => world.token(name) })
  })
  const speaking = speakers.map((speaker) => speaker.speak(windowPerSpeaker))
  const random = seededRandom(20_260_101)
  const until = performance.now() + runMaxMs
  let kills = 0
  const acknowledgedCount = () => speakers.reduce((sum, speaker) => sum + speaker.acknowledged.length, 0)
  while ((kills < killsMin || acknowledgedCount() < acknowledgedMin) && performance.now() < until) {
    // Most kills meet people at full speed, every fourth whatever comes, the coming back of the others included.
    const enough = random() < 0.25 ? 0 : acknowledgedCount() + (acknowledgedMin / killsMin) * (0.5 + random() * 1.7)
    while (acknowledgedCount() < enough && performance.now() < until) await pause(5)
    await pause(50 + random() * 300)
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
