/** The vectors of C-01, and properties of dividing, refusing and choosing the luckiest. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { triesMax, triesWaitMs, type PacketBody, type PacketState } from './contract.ts'
import { commitOf, numbersOf, phraseHash } from './rules-secrets.ts'
import {
  doubleMean,
  equalShares,
  lineCut,
  luckiestPlace,
  maySpendBudget,
  openerFault,
  packetFault,
  packetOver,
  sharesOf,
  shuffle,
  triesAfter,
  triesWait,
  type NextInt,
} from './rules.ts'

const limits = { min: 1, max: 20_000 }
const zero: NextInt = () => 0
const top: NextInt = (k) => k - 1
const middle: NextInt = (k) => Math.floor(k / 2)
/** The generator of the vectors. */
const lcg = (seed: number): NextInt => {
  let x = BigInt(seed)
  return (k) => {
    x = (x * 1_103_515_245n + 12_345n) % 2_147_483_648n
    return Number(x % BigInt(k))
  }
}
const sum = (shares: readonly number[]) => shares.reduce((a, b) => a + b, 0)
const arbitrary = fc.integer({ min: 1, max: 100 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    amount: fc.oneof(
      fc.integer({ min: count, max: count * limits.max }),
      fc.integer({ min: count, max: Math.min(count * 3, count * limits.max) }),
      fc.integer({ min: count * limits.max - count, max: count * limits.max }),
    ),
    split: fc.constantFrom('equal', 'lucky', 'exciting' as const),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  }),
)

describe('dividing', () => {
  test('[R1] the vectors of C-01', () => {
    expect(equalShares(1_000, 3)).toEqual([334, 333, 333])
    expect(doubleMean(1_000, 5, zero, limits)).toEqual([1, 1, 1, 1, 996])
    expect(doubleMean(1_000, 5, top, limits)).toEqual([400, 300, 200, 99, 1])
    expect(doubleMean(1_000, 5, middle, limits)).toEqual([201, 200, 200, 200, 199])
    for (const next of [zero, top, middle]) expect(doubleMean(10, 10, next, limits)).toEqual(Array(10).fill(1))
    expect(doubleMean(11, 10, zero, limits)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2])
    expect(doubleMean(80_000, 4, middle, limits)).toEqual([20_000, 20_000, 20_000, 20_000])
    expect(doubleMean(8_888, 8, lcg(42), limits)).toEqual([1090, 741, 1890, 1729, 1325, 741, 1212, 160])
  })
  test('[R1] as many shares as asked, within the limits, in sum the amount', () => {
    fc.assert(
      fc.property(arbitrary, ({ seed, ...body }) => {
        const shares = sharesOf(body, lcg(seed), limits)
        expect(shares).toHaveLength(body.count)
        expect(sum(shares)).toBe(body.amount)
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...shares)).toBeLessThanOrEqual(limits.max)
      }),
      { numRuns: 5_000 },
    )
  })
  test('[R1] what cannot be divided is refused before it is', () => {
    const fault = (amount: number, count: number, recipientId?: string, memberCount = 200) =>
      packetFault({ amount, count, recipientId: recipientId as never }, { memberCount, senderId: 'wang' }, limits)
    expect(fault(5, 10)).toBe('redpacket.amount_too_small')
    expect(fault(10, 10)).toBeUndefined()
    expect(fault(200_001, 10)).toBe('redpacket.share_limit')
    expect(fault(200_000, 10)).toBeUndefined()
    expect(fault(10, 10, undefined, 9)).toBe('redpacket.count_invalid')
    expect(fault(10, 2, 'li')).toBe('redpacket.recipient_invalid')
    expect(fault(10, 1, 'wang')).toBe('redpacket.recipient_invalid')
    expect(fault(10, 1, 'li')).toBeUndefined()
  })
  test('[R10] the line cut has the same mean and is wilder, within the cap also near it', () => {
    const next = numbersOf('01'.repeat(32))
    const spread = (cut: typeof lineCut) => {
      const all = Array.from({ length: 4_000 }, () => cut(10_000, 10, next, limits)).flat()
      return Math.sqrt(sum(all.map((share) => (share - 1_000) ** 2)) / all.length)
    }
    expect(spread(lineCut)).toBeGreaterThan(860)
    expect(spread(lineCut)).toBeLessThan(950)
    expect(spread(doubleMean)).toBeLessThan(700)
  })
  test('[R10] numbers of a secret follow from it alone and are uniform; shuffling keeps what it mixes', () => {
    const [one, same, other] = ['ab', 'ab', 'cd'].map((pair) => numbersOf(pair.repeat(32)))
    const ten = (next: NextInt | undefined) => Array.from({ length: 10 }, () => next?.(1_000_000))
    const first = ten(one)
    expect(ten(same)).toEqual(first)
    expect(ten(other)).not.toEqual(first)
    const seen = new Array<number>(7).fill(0)
    for (let i = 0; i < 70_000; i++) seen[one?.(7) ?? 0]!++
    // Chi-square with 6 degrees of freedom passes 22.5 once in a thousand.
    expect(sum(seen.map((n) => (n - 10_000) ** 2 / 10_000))).toBeLessThan(22.5)
    expect(shuffle([1, 2, 3, 4, 5], middle).toSorted()).toEqual([1, 2, 3, 4, 5])
  })
  test('[R9] the commitment is the hash of the secret and all shares', () => {
    expect(commitOf('ab', [1, 2])).toBe('f0516013e58672a7835822bab93ff51cfd8f9b00003486afa9272cb5c812a5c7')
    expect(commitOf('ab', [1, 2])).not.toBe(commitOf('ab', [2, 1]))
  })
})

describe('opening', () => {
  const body: PacketBody = { currency: 'points', amount: 10, count: 2, split: 'lucky' }
  const terms = { membersWhenSent: true, senderOpens: false }
  const opener = { userId: 'li', joinedAt: 0, mutedUntil: 0, isMinor: false }
  const packet = { body, senderId: 'wang', at: 100, now: 200 }
  test('[R8] the order of C-01: not there when sent, muted, minor, opened already, not the receiver, own', () => {
    const worst = { userId: 'wang', joinedAt: 150, mutedUntil: 300, isMinor: true }
    const exclusive = { ...packet, body: { ...body, recipientId: 'sun' as never } }
    const mine = { amount: 3 }
    const steps = [
      openerFault(worst, exclusive, mine, terms),
      openerFault({ ...worst, joinedAt: 100 }, exclusive, mine, terms),
      openerFault({ ...worst, joinedAt: 100, mutedUntil: 200 }, exclusive, mine, terms),
      openerFault({ ...opener, userId: 'wang' }, exclusive, mine, terms),
      openerFault({ ...opener, userId: 'wang' }, exclusive, undefined, terms),
      openerFault({ ...opener, userId: 'wang' }, packet, undefined, terms),
      openerFault(opener, packet, { tries: 3 }, terms),
    ]
    expect(steps).toEqual([
      'redpacket.joined_late',
      'member.muted',
      'user.minor_restricted',
      'again',
      'redpacket.not_recipient',
      'redpacket.own',
      undefined,
    ])
    expect(openerFault({ ...opener, joinedAt: 150 }, packet, undefined, { ...terms, membersWhenSent: false })).toBe(
      undefined,
    )
  })
  test('[R7] [R11] over by state or by time; empty only when every share is claimed', () => {
    const state: PacketState = { phase: 'open', claimedCount: 1, expiresAt: 1_000, commit: '' }
    expect(packetOver(state, 999)).toBeUndefined()
    expect(packetOver(state, 1_000)).toBe('redpacket.expired')
    expect(packetOver({ ...state, phase: 'finished' }, 2_000)).toBe('redpacket.empty')
    expect(packetOver({ ...state, phase: 'expired' }, 1)).toBe('redpacket.expired')
    expect(packetOver({ ...state, phase: 'revoked' }, 1)).toBe('redpacket.revoked')
  })
  test('[R12] the luckiest has the most, the earliest of several; none where all is equal or one is alone', () => {
    expect(luckiestPlace(body, [3, 9, 9, 1])).toBe(1)
    expect(luckiestPlace({ ...body, split: 'exciting' }, [3, 9])).toBe(1)
    expect(luckiestPlace({ ...body, split: 'equal' }, [4, 3])).toBeUndefined()
    expect(luckiestPlace(body, [3])).toBeUndefined()
  })
  test('[RP4] tries are counted up to the limit, and from one again after the wait', () => {
    expect(triesAfter(undefined)).toBe(1)
    expect(triesWait({ tries: triesMax - 1, triedAt: 50 }, 60)).toBe(0)
    expect(triesWait({ tries: triesMax, triedAt: 50 }, 60)).toBe(triesWaitMs - 10)
    expect(triesWait({ tries: triesMax, triedAt: 50 }, 50 + triesWaitMs)).toBe(0)
    expect(triesAfter({ tries: triesMax, triedAt: 50 })).toBe(1)
    expect(phraseHash('a', ' café ')).toBe(phraseHash('a', 'cafe\u0301'))
    expect(phraseHash('a', 'Café')).not.toBe(phraseHash('a', 'café'))
    expect(phraseHash('b', 'café')).not.toBe(phraseHash('a', 'café'))
  })
  test('[RP2] staff of the host who run the group spend its budgets', () => {
    expect(maySpendBudget({ role: 'admin', badge: 'staff' })).toBe(true)
    for (const member of [
      { role: 'member', badge: 'staff' },
      { role: 'owner', badge: null },
      { role: 'owner', badge: 'bot' },
    ])
      expect(maySpendBudget(member)).toBe(false)
  })
})
