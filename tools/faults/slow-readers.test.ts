/** A tenth of a big group stops reading: the server cuts them, its memory stays, and the others do not notice. */
import { setTimeout as pause } from 'node:timers/promises'
import { lengthOf } from '@qun/testing/share'
import { expect, test } from 'vitest'
import { Connections } from '../bench/connections.ts'
import { Histogram } from '../bench/histogram.ts'
import { inParallel } from '../bench/host-api.ts'
import { markOf, MarkReader } from '../bench/marker.ts'
import { readFamilyUse } from '../bench/process-stat.ts'
import { clientFrame } from '../bench/websocket-wire.ts'
import { wireOf } from '../bench/wire.ts'
import { hashLog } from '../replay/proof.ts'
import { FaultWorld } from './fault-world.ts'

/** Once in ten commits; a tenth of them the other times. */
const members = lengthOf(1_000, 9)
const slowMembers = members / 10
/** To a thousand members: above P7's 10,000 deliveries a second. */
const perSecond = 12
const baselineMs = 8_000
/** The kernel hides about 4 MiB of what nobody reads (24 s at this rate); the server's patience begins after that. */
const slowMs = 45_000
const rssGrowthMaxKb = 150 * 1_024
/** Long texts, so that a socket nobody reads fills what the kernel buffers within seconds. */
const filler = '山茶咖啡今天有新烤的面包'.repeat(400)

test('[P7] a hundred sockets that never read cost nobody else anything', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: members }, (_, at) => `m-${at}`)
  const groupId = await world.makeGroup(people)
  const crowd = openCrowd(world, groupId)
  await crowd.connections.open(60_000)
  expect(crowd.connections.ready).toBe(members)

  await crowd.talk(2_000)
  const baseline = await crowd.talk(baselineMs)
  const rssBeforeKb = readFamilyUse(world.server.pid).rssKb
  for (let slow = 0; slow < slowMembers; slow += 1) crowd.connections.stopReading(slow)
  const during = await crowd.talk(slowMs)
  const rssAfterKb = readFamilyUse(world.server.pid).rssKb
  // A reader that hung learns only now that it was cut long ago.
  const missing = crowd.missing()
  for (let slow = 0; slow < slowMembers; slow += 1) crowd.connections.goOnReading(slow)
  const until = performance.now() + 10_000
  while (crowd.connections.closed < slowMembers && performance.now() < until) await pause(50)
  console.log(
    `p99 ${baseline.quantile(0.99).toFixed(1)} → ${during.quantile(0.99).toFixed(1)} ms,` +
      ` RSS ${Math.round((rssAfterKb - rssBeforeKb) / 1_024)} MiB more, ${crowd.connections.closed} cut`,
  )
  expect(rssAfterKb - rssBeforeKb).toBeLessThan(rssGrowthMaxKb)
  // Five milliseconds are two turns of a busy event loop: below that a ratio says nothing.
  expect(during.quantile(0.99)).toBeLessThan(Math.max(baseline.quantile(0.99) * 1.5, baseline.quantile(0.99) + 5))
  expect(crowd.connections.closed).toBe(slowMembers)
  // Every message reached each of the others.
  expect(missing).toBe(0)
  crowd.connections.close()

  const wanted = hashLog(await world.host.readLog(groupId, world.token(`m-${members - 1}`)))
  const slowPeople = people.slice(0, slowMembers)
  await inParallel(slowPeople, 8, async (userId) => {
    expect(hashLog(await world.host.readLog(groupId, world.token(userId)))).toBe(wanted)
  })
})

/** A member for every connection; the last one speaks. */
function openCrowd(world: FaultWorld, groupId: string) {
  const { signing } = world.server.ready
  const wire = wireOf({
    label: 'slow readers',
    host: '127.0.0.1',
    port: world.port,
    connections: members,
    groups: 1,
    textBytes: 0,
    connectAtOnce: 16,
    warmSeconds: 0,
    steps: [],
    serverPid: world.server.pid,
    seed: 7,
    wire: { kind: 'qun', signings: [signing], userPrefix: 'm-', groupIds: [groupId], listedGroups: 0 },
  })
  const sentAt: number[] = []
  const heard: number[] = []
  let histogram = new Histogram()
  let at = 0
  const reader = new MarkReader(filler.length, (number) => {
    const sent = sentAt[number]
    if (sent === undefined) return
    heard[number]! += 1
    histogram.add(at - sent)
  })
  const connections = new Connections({
    host: '127.0.0.1',
    port: world.port,
    count: members,
    atOnce: 16,
    greet: (connection) => wire.greet(connection),
    received: (bytes, start, end) => {
      at = performance.now()
      return reader.read(bytes, start, end)
    },
  })
  const send = () => {
    const number = sentAt.length
    sentAt.push(performance.now())
    heard.push(0)
    connections.write(members - 1, wire.publish(members - 1, number + 1, markOf(number) + filler))
  }
  return {
    connections,
    /** Speaks for a time; the latencies of that time. */
    async talk(ms: number): Promise<Histogram> {
      histogram = new Histogram()
      const alive = setInterval(() => {
        for (let member = slowMembers; member < members; member += 1) connections.write(member, clientFrame('', 10))
      }, 15_000)
      const timer = setInterval(send, 1_000 / perSecond)
      await pause(ms)
      clearInterval(timer)
      clearInterval(alive)
      await pause(500)
      const measured = histogram
      histogram = new Histogram()
      return measured
    },
    /** Deliveries that members who read should have had and did not. */
    missing: () => heard.reduce((sum, count) => sum + Math.max(0, members - slowMembers - count), 0),
  }
}
