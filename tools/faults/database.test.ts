/** Takes the database away and gives it back: refusals at once, no false acknowledgement, recovery by itself. */
import { setTimeout as pause } from 'node:timers/promises'
import { engineEndpoints, type Problem } from '@qun/contract'
import { startEmbedded } from '@qun/storage'
import { expect, test } from 'vitest'
import { makeWorkFolder } from '../bench/work-folder.ts'
import { checkLog, FaultWorld } from './fault-world.ts'
import { startFlakyProxy } from './flaky-proxy.ts'
import { Speaker } from './speaker.ts'

const outageMs = 8_000
/** P22: an answer, and a 503 at that, within a second; the rest is the machine's own time. */
const refusedWithinMs = 2_000
/** P22: converged this long after the database is back. */
const recoveredWithinMs = 10_000

test('[P22] [M5] PostgreSQL away: 503 soon, no false acknowledgement, then on by itself', async () => {
  const folder = makeWorkFolder('qun-faults-database')
  let database = await startEmbedded({ dataDir: folder })
  const proxy = await startFlakyProxy({ target: () => Number(new URL(database.url).port) })
  const url = new URL(database.url)
  url.port = String(proxy.port)
  try {
    await using world = await FaultWorld.start(['--database', url.href])
    const people = ['li', 'zhao', 'sun', 'he']
    const groupId = await world.makeGroup(people)
    const speakers = people.map((name) => {
      return new Speaker({ name, groupId, socketUrl: () => world.socketUrl(), token: () => world.token(name) })
    })
    const speaking = speakers.map((speaker) => speaker.speak(4))
    await pause(1_500)

    proxy.shut()
    await database.stop()
    await pause(500)
    const acknowledgedAtOutage = count(speakers)
    const until = performance.now() + outageMs
    for (let number = 0; performance.now() < until; number += 1) {
      const startedAt = performance.now()
      const answer = await post(world, groupId, `outage-${number}`)
      expect(performance.now() - startedAt).toBeLessThan(refusedWithinMs)
      expect(answer).toMatchObject({ status: 503, code: 'store.unavailable', retry: 'later' })
      await pause(250)
    }
    expect(count(speakers)).toBe(acknowledgedAtOutage)

    database = await startEmbedded({ dataDir: folder })
    proxy.open()
    const backAt = performance.now()
    while (count(speakers) < acknowledgedAtOutage + 100) {
      expect(performance.now() - backAt).toBeLessThan(recoveredWithinMs)
      await pause(50)
    }
    for (const speaker of speakers) speaker.stop(true)
    await Promise.all(speaking)
    const acknowledged = speakers.flatMap((speaker) => speaker.acknowledged)
    const log = await world.host.readLog(groupId, world.token('li'))
    const check = checkLog(
      log.filter((message) => !message.clientId.startsWith('outage-')),
      acknowledged,
    )
    expect({ ...check, gaps: [] }).toEqual({ texts: acknowledged.length, lost: [], doubled: [], gaps: [] })
    expect(checkLog(log, []).gaps).toEqual([])
    expect(log.filter((message) => message.clientId.startsWith('outage-'))).toEqual([])
    expect(speakers.flatMap((speaker) => speaker.refused)).toEqual([])
  } finally {
    await proxy.close()
    await database.stop()
  }
})

function count(speakers: readonly Speaker[]): number {
  return speakers.reduce((sum, speaker) => sum + speaker.acknowledged.length, 0)
}

/** One try without repetition. */
async function post(world: FaultWorld, groupId: string, clientId: string): Promise<Problem> {
  const path = engineEndpoints.post.path.replace(':groupId', groupId)
  const answer = await fetch(`http://127.0.0.1:${world.port}/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${world.token('li')}`,
      'content-type': 'application/json',
      'idempotency-key': clientId,
    },
    body: JSON.stringify({ clientId, kind: 'text', body: { text: 'away' } }),
  })
  return (await answer.json()) as Problem
}
