/** Kills the server again and again while packets are opened and points move, then lets the auditor look at every row. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { engineEndpoints } from '@qun/contract'
import { deductPoints, grantPoints, pointsOf, reversePoints } from '@qun/features/points/contract'
import { expect, test } from 'vitest'
import { HostApi, inParallel, Refused } from '../bench/host-api.ts'
import { seededRandom } from '../replay/own-server.ts'
import { FaultWorld } from './fault-world.ts'

/** P12: so many kills, shares opened, and movements of the host. */
const killsMin = 30
const packetCount = 200
const sharesPerPacket = 50
const amountPerPacket = 5_000
const movementCount = 2_000
const peopleCount = 60
const runMaxMs = 280_000

const at = (groupId: string, seq: number) => ({ groupId, seq }) as never

test('[P12] [P13] [L2] [L3] [R5] ten thousand grabs and two thousand transfers under kill -9 leave no cent astray', async () => {
  await using world = await FaultWorld.start()
  const people = Array.from({ length: peopleCount }, (_, n) => `opener-${n}`)
  const groupId = await world.makeGroup(people)
  const random = seededRandom(20_261_125)
  const granted = packetCount * amountPerPacket
  await world.host.call(grantPoints, { body: { ref: 'fund', userId: people[0], amount: granted } as never })
  let isOver = false
  let kills = 0
  const killing = (async () => {
    const until = performance.now() + runMaxMs
    while ((!isOver || kills < killsMin) && performance.now() < until) {
      await pause(80 + random() * 700)
      if (random() < 0.5) world.server.kill('SIGKILL')
      else world.server.killFamily()
      await world.server.ended
      kills += 1
      await world.restart()
    }
  })()
  const got = new Map<string, number>()
  let opened = 0
  const openOne = async (seq: number, userId: string) => {
    const acting = { params: { ...(at(groupId, seq) as object), action: 'open' } as never, body: {} as never }
    try {
      const { mine } = await world.host.call(engineEndpoints.act, { ...acting, token: world.token(userId) })
      opened += 1
      got.set(userId, (got.get(userId) ?? 0) + (mine as { amount: number }).amount)
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== 'redpacket.empty') throw error
    }
  }
  const packets = (async () => {
    for (let n = 0; n < packetCount; n++) {
      const body = {
        clientId: `packet-${n}`,
        kind: 'red-packet',
        body: { currency: 'points', amount: amountPerPacket, count: sharesPerPacket, split: 'lucky' },
      }
      const posting = { params: { groupId } as never, body: body as never, token: world.token(people[0]!) }
      const { seq } = await world.host.call(engineEndpoints.post, posting)
      await inParallel(people, 48, (userId) => openOne(seq, userId))
    }
  })()
  const moved = new Map<string, number>()
  const movements = inParallel(
    Array.from({ length: movementCount }, (_, n) => n),
    4,
    async (n) => {
      const userId = people[n % peopleCount]!
      const ref = `move-${n}`
      const move = n % 5 === 3 ? deductPoints : grantPoints
      // What is taken was given just before; every seventh gift is taken back.
      if (move === deductPoints)
        await world.host.call(grantPoints, { body: { ref: `${ref}-first`, userId, amount: 7 } as never })
      await world.host.call(move, { body: { ref, userId, amount: 7 } as never })
      if (n % 7 === 0 && move === grantPoints)
        await world.host.call(reversePoints, { body: { ref, by: `${ref}-back` } as never })
      else if (move === grantPoints) moved.set(userId, (moved.get(userId) ?? 0) + 7)
    },
  )
  await Promise.all([packets, movements])
  isOver = true
  await killing
  console.log(`${kills} kills, ${opened} shares opened, ${movementCount} movements`)
  expect(kills).toBeGreaterThanOrEqual(killsMin)
  expect(opened).toBe(packetCount * sharesPerPacket)
  const host = new HostApi(world.server.ready)
  for (const userId of people) {
    const { balance } = await host.call(pointsOf, { params: { userId } as never })
    expect(balance, userId).toBe((got.get(userId) ?? 0) + (moved.get(userId) ?? 0))
  }
  const audited = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../apps/server/src/cli.ts'), 'doctor', '--check'],
    {
      env: { ...process.env, QUN_DATA: world.dataDir },
      encoding: 'utf8',
    },
  )
  expect(audited.stdout).toMatch(/^ok {3}L3 {2}/m)
  expect(audited.stdout).toMatch(/\d+ checks, 0 differences/)
  expect(audited.status).toBe(0)
})
