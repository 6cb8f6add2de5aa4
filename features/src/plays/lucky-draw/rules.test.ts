/** The draw's published vectors, its fairness, and what the verifier catches. */
import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EntryLine, Prize, Proof } from './contract.ts'
import {
  bytesOf,
  drawFault,
  drawKeyOf,
  drawWinners,
  firstRoundAfter,
  fromHex,
  isStaff,
  listHashOf,
  missingDisclosure,
  prizeFault,
  roundAt,
  roundFits,
  subtleHashing,
  timesFit,
  toHex,
  userHashOf,
  type Hashing,
} from './rules.ts'

const node: Hashing = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
}
const never = () => false
const seed = toHex(Uint8Array.from({ length: 32 }, (_, i) => i))
const drawId = 'draw_01'
const listOf = (hashing: Hashing, weights: readonly number[]): Promise<EntryLine[]> =>
  Promise.all(
    weights.map(async (weight, i) => ({
      entryNo: i + 1,
      userHash: await userHashOf(hashing, drawId, `u${i + 1}`),
      weight,
    })),
  )
async function draw(hashing: Hashing, weights: readonly number[], quantities: readonly number[], beacon = '') {
  const entries = await listOf(hashing, weights)
  const listHash = await listHashOf(hashing, entries)
  const key = await drawKeyOf(hashing, { seed, drawId, listHash, beacon })
  const { winners } = await drawWinners(hashing, key, entries, quantities, never)
  return { listHash, key: toHex(key), winners: winners.map((winner) => `u${winner.entryNo}`) }
}

describe.each([
  ['node', node],
  ['a browser', subtleHashing(crypto.subtle)],
] as const)('vectors with the hashing of %s', (_, hashing) => {
  test('[LD3] the commitment', async () => {
    const commit = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'
    expect(toHex(await hashing.sha256(fromHex(seed)))).toBe(commit)
  })
  test('[LD4] five entries, two prizes, no beacon', async () => {
    expect(await draw(hashing, [1, 1, 1, 1, 1], [1, 1])).toEqual({
      listHash: '221d87a6755ca81c895a438bcf5de214aec0039160030cc9585c82b5f889b0da',
      key: 'e703d96f9ee993620fc5776722c766bfa3e0199dc354e2981db8450f82b2e4a8',
      winners: ['u3', 'u5'],
    })
  })
  test('[LD4] the same with a beacon', async () => {
    const beacon = '2ea72654b10d6ce1f24de6d7871bbcf9b35575997eb25f870b435adf2dab31bc'
    expect((await draw(hashing, [1, 1, 1, 1, 1], [1, 1], beacon)).winners).toEqual(['u4', 'u5'])
  })
  test('[LD4] weights 1, 3, 1, 5, 1 and three prizes', async () => {
    const drawn = await draw(hashing, [1, 3, 1, 5, 1], [3])
    expect(drawn.listHash).toBe('bcf992fcd6630bb1310285e2e39ff6b1ab60cca79743c43ccea91916578bce51')
    expect(drawn.winners).toEqual(['u4', 'u1', 'u2'])
  })
})
test('[LD3] nonces are a fourth column of the list', async () => {
  const [entry] = await listOf(node, [1])
  const line = `1\t${entry?.userHash}\t1\t${'ab'.repeat(16)}\n`
  expect(await listHashOf(node, [{ ...(entry as EntryLine), nonce: 'ab'.repeat(16) }])).toBe(
    toHex(await node.sha256(bytesOf(line))),
  )
})

/** Chi-square of counts against expected ones. */
const chiSquare = (counts: readonly number[], expected: readonly number[]) =>
  counts.reduce((sum, count, i) => sum + (count - (expected[i] as number)) ** 2 / (expected[i] as number), 0)
describe('fairness', () => {
  test('[LD5] twenty thousand seeds draw five entries evenly', async () => {
    const entries = Array.from({ length: 5 }, (_, i) => ({ entryNo: i + 1, weight: 1 }))
    const counts = [0, 0, 0, 0, 0]
    for (let i = 0; i < 20_000; i++) {
      const key = createHash('sha256').update(`seed ${i}`).digest()
      const { winners } = await drawWinners(node, key, entries, [1], never)
      counts[(winners[0]?.entryNo ?? 0) - 1]! += 1
    }
    // 4 degrees of freedom, p = 0.001.
    expect(chiSquare(counts, [4_000, 4_000, 4_000, 4_000, 4_000])).toBeLessThan(18.47)
  })
  test('[LD5] weights draw in proportion', async () => {
    const weights = [1, 2, 3, 4]
    const entries = weights.map((weight, i) => ({ entryNo: i + 1, weight }))
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 10_000; i++) {
      const key = createHash('sha256').update(`weighted ${i}`).digest()
      const { winners } = await drawWinners(node, key, entries, [1], never)
      counts[(winners[0]?.entryNo ?? 0) - 1]! += 1
    }
    // 3 degrees of freedom, p = 0.001.
    expect(
      chiSquare(
        counts,
        weights.map((weight) => weight * 1_000),
      ),
    ).toBeLessThan(16.27)
  })
  const cases = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    weights: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }),
    quantities: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
    voided: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
  })
  test('[LD6] [LD7] one win each; never over quantity, none withheld; void entries never win', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ key, weights, quantities, voided }) => {
        const entries = weights.map((weight, i) => ({ entryNo: i + 1, weight }))
        const isVoid = new Set(voided)
        const drawn = await drawWinners(node, key, entries, quantities, (entryNo) => isVoid.has(entryNo))
        const numbers = drawn.winners.map((winner) => winner.entryNo)
        expect(new Set(numbers).size).toBe(numbers.length)
        expect(numbers.some((entryNo) => isVoid.has(entryNo))).toBe(false)
        for (const [prize, quantity] of quantities.entries()) {
          expect(drawn.winners.filter((winner) => winner.prize === prize).length).toBeLessThanOrEqual(quantity)
        }
        const eligible = entries.filter((entry) => !isVoid.has(entry.entryNo)).length
        expect(numbers.length).toBe(
          Math.min(
            eligible,
            quantities.reduce((sum, quantity) => sum + quantity, 0),
          ),
        )
        const prizes = drawn.winners.map((winner) => winner.prize)
        expect(prizes).toEqual(prizes.toSorted((a, b) => a - b))
      }),
    )
  })
})

describe('verification', () => {
  async function proven(): Promise<{ proof: Proof; entries: EntryLine[] }> {
    const entries = await listOf(node, [1, 1, 1, 1, 1, 1])
    const listHash = await listHashOf(node, entries)
    const key = await drawKeyOf(node, { seed, drawId, listHash, beacon: '' })
    const { winners, voided } = await drawWinners(node, key, entries, [1, 2], (entryNo) => entryNo === 2)
    const commit = toHex(await node.sha256(fromHex(seed)))
    const named = winners.map((winner) => ({
      ...winner,
      userId: `u${winner.entryNo}` as Proof['winners'][0]['userId'],
      name: '',
    }))
    const rest = {
      drawId,
      commit,
      seed,
      listHash,
      entropy: { mode: 'none' as const },
      beacon: '',
      entryCount: 6,
      quantities: [1, 2],
    }
    return { proof: { ...rest, voided, winners: named }, entries }
  }
  test('[LD4] a published draw repeats, in node and in a browser', async () => {
    const { proof, entries } = await proven()
    expect(await drawFault(node, proof, entries)).toBeUndefined()
    expect(await drawFault(subtleHashing(crypto.subtle), proof, entries)).toBeUndefined()
  })
  test('[LD4] every tampering is caught', async () => {
    const { proof, entries } = await proven()
    const [first, second] = proof.winners as [Proof['winners'][0], Proof['winners'][0]]
    const other = 'ff'.repeat(32)
    const tampered: [Partial<Proof>, EntryLine[]?][] = [
      [{ seed: other }],
      [{ commit: other }],
      [{ drawId: 'draw_02' }],
      [{ listHash: other }],
      [{ beacon: '00' }],
      [{ quantities: [2, 1] }],
      [{ quantities: [1, 3] }],
      [{ winners: [second, first] }],
      [{ winners: [first] }],
      [{ winners: [{ ...first, userId: second.userId }, ...proof.winners.slice(1)] }],
      [{ voided: [...proof.voided, first.entryNo] }],
      [{ entryCount: 5 }],
      [{}, entries.slice(1)],
      [{}, entries.toReversed()],
      [{}, entries.map((entry) => ({ ...entry, weight: entry.weight + 1 }))],
      [{ entryCount: 7 }, [...entries, { entryNo: 7, userHash: other, weight: 1 }]],
    ]
    for (const [change, list] of tampered) {
      expect(await drawFault(node, { ...proof, ...change }, list ?? entries), JSON.stringify(change)).toBeDefined()
    }
  })
})

describe('terms', () => {
  const prize: Prize = { name: '手冲咖啡券', quantity: 2, valueFen: 3_800 }
  const told = {
    prizes: [prize],
    closesAt: 1,
    drawsAt: 2,
    organiser: '山茶咖啡',
    contact: '021-5555',
    conditions: '群成员',
    method: '到店领取',
  }
  test('[LD8] every missing or blank part is named', () => {
    expect(missingDisclosure(told)).toEqual([])
    const { organiser: _, ...rest } = told
    expect(missingDisclosure({ ...rest, contact: '  ', prizes: [prize, { name: ' ', quantity: 1 }] })).toEqual([
      '/organiser',
      '/contact',
      '/prizes/1/valueFen',
      '/prizes/1/name',
    ])
    expect(missingDisclosure({ prizes: [prize] })).toHaveLength(6)
  })
  test('[LD9] the cap is inclusive, and units are counted together', () => {
    expect(prizeFault([{ ...prize, valueFen: 5_000_000 }])).toBeUndefined()
    expect(prizeFault([{ ...prize, valueFen: 5_000_001 }])).toBe('draw.prize_cap')
    expect(
      prizeFault([
        { ...prize, quantity: 150 },
        { ...prize, quantity: 51 },
      ]),
    ).toBe('draw.prizes_invalid')
  })
  test('[LD1] closing lies ahead, drawing not before it', () => {
    expect(timesFit(11, 11, 10)).toBe(true)
    expect(timesFit(10, 11, 10)).toBe(false)
    expect(timesFit(12, 11, 10)).toBe(false)
    expect(timesFit(11, 91 * 86_400_000, 10)).toBe(false)
  })
  test('[LD10] the first round allowed is the first that is made late enough', () => {
    const chain = { genesisAt: 1_692_803_367_000, periodMs: 3_000 }
    fc.assert(
      fc.property(fc.integer({ min: chain.genesisAt, max: chain.genesisAt * 2 }), (closesAt) => {
        const round = firstRoundAfter(chain, closesAt)
        expect(roundFits(chain, round, closesAt, roundAt(chain, round))).toBe(true)
        expect(roundFits(chain, round - 1, closesAt, Infinity)).toBe(false)
        expect(roundFits(chain, round, closesAt, roundAt(chain, round) - 1)).toBe(false)
      }),
    )
  })
  test('[LD11] who runs the group or speaks for the shop is staff', () => {
    expect(isStaff({ role: 'member', badge: null })).toBe(false)
    expect(isStaff({ role: 'member', badge: 'rider' })).toBe(false)
    for (const badge of ['merchant', 'staff', 'official', 'bot', 'creator'])
      expect(isStaff({ role: 'member', badge })).toBe(true)
    for (const role of ['owner', 'admin']) expect(isStaff({ role, badge: null })).toBe(true)
  })
})
