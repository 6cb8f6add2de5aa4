/** Red packets under many: a hundred thousand divisions, a thousand hands, three servers at the instant of expiry. */
import { lengthOf, refusalOf, type At } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { crowd } from '../../people/membership/fixtures.ts'
import { packetLifeMs, redPacket, type PacketBody } from './contract.ts'
import { balance, escrowOf, fund, grab, open, post, refOf, transfers } from './fixtures.ts'
import { numbersOf } from './rules-secrets.ts'
import { sharesOf, type NextInt } from './rules.ts'

const limits = { min: 1, max: 20_000 }
const splits = ['equal', 'lucky', 'exciting'] as const
const sum = (shares: readonly number[]) => shares.reduce((a, b) => a + b, 0)

/** The chance that two samples of one distribution differ as much: Kolmogorov-Smirnov, for many values. */
function ksP(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)]
  let [i, j, d] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i] as number, y[j] as number)
    while (i < x.length && x[i] === at) i++
    while (j < y.length && y[j] === at) j++
    d = Math.max(d, Math.abs(i / x.length - j / y.length))
  }
  const root = Math.sqrt((x.length * y.length) / (x.length + y.length))
  const lambda = (root + 0.12 + 0.11 / root) * d
  let p = 0
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda)
  return Math.min(1, Math.max(0, d === 0 ? 1 : p))
}

describe('a hundred thousand packets', () => {
  test('[R1] keep their sum, their number and their limits', () => {
    const next = numbersOf('5e'.repeat(32))
    for (let run = 0; run < 100_000; run++) {
      const count = 1 + next(100)
      const amount = count + next(run % 3 === 0 ? count * 3 : count * (limits.max - 1) + 1)
      const shares = sharesOf({ amount, count, split: splits[run % 3] ?? 'lucky' }, next, limits)
      const isRight =
        shares.length === count && sum(shares) === amount && shares.every((s) => s >= 1 && s <= limits.max)
      if (!isRight) expect({ amount, count, shares }).toBe('divided')
    }
  })
  test.for(['lucky', 'exciting'] as const)(
    '[R10] %s: the first place is like the last, and like any other',
    (split) => {
      const next = numbersOf('a7'.repeat(32))
      const packets = Array.from({ length: 100_000 }, () =>
        sharesOf({ amount: 10_000, count: 10, split }, next, limits),
      )
      const at = (place: number) => packets.map((shares) => shares[place] as number)
      expect(ksP(at(0), at(9))).toBeGreaterThan(0.001)
      expect(ksP(at(0), at(4))).toBeGreaterThan(0.001)
      const wins = new Array<number>(10).fill(0)
      for (const shares of packets) wins[shares.indexOf(Math.max(...shares))]!++
      // Ties go to the earlier place, in one packet of some hundreds.
      for (const n of wins) expect(Math.abs(n / packets.length - 0.1)).toBeLessThan(0.006)
    },
  )
  test('[R10] the test sees the bias that shuffling takes away', () => {
    const next = numbersOf('a7'.repeat(32))
    const packets = Array.from({ length: 20_000 }, () => unshuffled(next))
    expect(
      ksP(
        packets.map((shares) => shares[0] as number),
        packets.map((shares) => shares[9] as number),
      ),
    ).toBeLessThan(1e-6)
  })
})
/** The double mean on the fly. */
function unshuffled(next: NextInt): number[] {
  const shares: number[] = []
  let left = 10_000
  for (let k = 10; k > 1; k--) {
    const share = 1 + next(Math.floor((2 * left) / k) - 1)
    shares.push(share)
    left -= share
  }
  return [...shares, left]
}

/** Once in ten commits; a tenth of them the other times. */
const rounds = lengthOf(200, 1)

describe('races', () => {
  test('[R4] [R11] one share and a thousand hands: one has it', { timeout: 240_000 }, async () => {
    await using world = await open({ watching: [] })
    const { groupId, names } = await crowd(world, 1_000)
    const second = await world.startNode()
    const at = await post(world, { count: 1, amount: 888 }, 'wang', groupId)
    let turn = 0
    world.route = () => (turn++ % 2 === 0 ? world.core : second)
    const codes = await Promise.all(names.map((name) => refusalOf(grab(world, at, name))))
    expect(codes.filter((code) => code === null)).toHaveLength(1)
    expect(codes.filter((code) => code === 'redpacket.empty')).toHaveLength(999)
    expect(await transfers(world, `${refOf(at)}open/`)).toBe(1)
  })
  test('[R7] [R5] claims race the end on three servers, two hundred times', { timeout: 600_000 }, async () => {
    await using world = await open({ watching: [] })
    const { groupId, names } = await crowd(world, 24)
    const nodes = [world.core, await world.startNode(), await world.startNode()]
    await fund(world, 'user/wang', 10_000_000)
    const next = numbersOf('3c'.repeat(32))
    for (let seed = 0; seed < rounds; seed++) {
      let turn = 0
      world.route = () => nodes[turn++ % 3] ?? world.core
      const before = await balance(world, 'user/wang')
      const count = 1 + next(24)
      const at = await post(
        world,
        { count, amount: count * (1 + next(50)), split: splits[seed % 3] ?? 'lucky' },
        'wang',
        groupId,
      )
      const { amount } = (await world.core.message(world.as('wang').principal, at.groupId, at.seq)).message
        .body as PacketBody
      world.time.moveTo(world.time.now() + packetLifeMs - 1)
      const early = names.slice(0, next(12)).map((name) => refusalOf(grab(world, at, name)))
      const moved = next(3)
      if (moved > 0) await Promise.resolve()
      world.time.moveTo(world.time.now() + 1)
      const late = names.slice(12).map((name) => refusalOf(grab(world, at, name)))
      const workers = nodes.map((node) => node.settle())
      const codes = await Promise.all([...early, ...late])
      await Promise.all(workers)
      await world.settle()
      const claimed = amount - (await refundedOf(world, at))
      const state = await world.read(at, redPacket)
      expect(codes.filter((code) => code === null)).toHaveLength(state.claimedCount)
      expect(state.claimedSum).toBe(claimed)
      expect(await transfers(world, `${refOf(at)}refund`)).toBe(state.phase === 'expired' ? 1 : 0)
      expect(await balance(world, escrowOf(at))).toBe(0)
      expect(await balance(world, 'user/wang')).toBe(before - claimed)
      // Audits read all rows, of former rounds too; the world's end reads them once more.
      if (seed % 25 === 0) await world.prove()
    }
  })
})
async function refundedOf(world: Awaited<ReturnType<typeof open>>, at: At): Promise<number> {
  return (await world.read(at, redPacket)).refunded ?? 0
}
