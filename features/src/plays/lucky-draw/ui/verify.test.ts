/** Repeating a draw in the browser: the published vectors, and that every kind of tampering shows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EntryLine, Proof } from '../contract.ts'
import { drawAgain, hashOfList, verifyDraw, type Published } from './verify.ts'

const hex = (bytes: Iterable<number>) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const sha = async (text: string) =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
const seed = hex(Array.from({ length: 32 }, (_, at) => at))
const commit = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'

async function entriesFor(weights: readonly number[]): Promise<EntryLine[]> {
  return Promise.all(
    weights.map(async (weight, at) => ({ entryNo: at + 1, userHash: await sha(`draw_01:u${at + 1}`), weight })),
  )
}
async function proofFor(entries: EntryLine[], quantities: number[], beacon = ''): Promise<Proof> {
  const proof: Proof = {
    drawId: 'draw_01',
    commit,
    seed,
    listHash: await hashOfList(entries),
    entropy: { mode: 'none' },
    beacon,
    entryCount: entries.length,
    quantities,
    voided: [],
    winners: [],
  }
  const { winners } = await drawAgain(proof, entries)
  return {
    ...proof,
    winners: winners.map((winner) => ({
      ...winner,
      userId: `u${winner.entryNo}` as never,
      name: `U${winner.entryNo}`,
    })),
  }
}
async function published(): Promise<Published> {
  const entries = await entriesFor([1, 1, 1, 1, 1])
  const proof = await proofFor(entries, [1, 1])
  return { commit, listHash: proof.listHash, proof, entries, own: { userId: 'u2', entryNo: 2 } }
}
const failing = async (tampered: Published) =>
  (await verifyDraw(tampered)).filter((check) => !check.passed).map((check) => check.name)

describe('vectors of the specification', () => {
  test('equal weights without a beacon', async () => {
    const entries = await entriesFor([1, 1, 1, 1, 1])
    expect(await hashOfList(entries)).toBe('221d87a6755ca81c895a438bcf5de214aec0039160030cc9585c82b5f889b0da')
    expect((await proofFor(entries, [1, 1])).winners.map((winner) => winner.userId)).toEqual(['u3', 'u5'])
  })
  test('with a beacon', async () => {
    const beacon = '2ea72654b10d6ce1f24de6d7871bbcf9b35575997eb25f870b435adf2dab31bc'
    const proof = await proofFor(await entriesFor([1, 1, 1, 1, 1]), [1, 1], beacon)
    expect(proof.winners.map((winner) => winner.userId)).toEqual(['u4', 'u5'])
  })
  test('with weights', async () => {
    const entries = await entriesFor([1, 3, 1, 5, 1])
    expect(await hashOfList(entries)).toBe('bcf992fcd6630bb1310285e2e39ff6b1ab60cca79743c43ccea91916578bce51')
    expect((await proofFor(entries, [1, 1, 1])).winners.map((winner) => winner.userId)).toEqual(['u4', 'u1', 'u2'])
  })
})

describe('checking what was published', () => {
  test('an honest draw passes all four checks', async () => {
    expect((await verifyDraw(await published())).map((check) => [check.name, check.passed])).toEqual([
      ['commit', true],
      ['list', true],
      ['mine', true],
      ['winners', true],
    ])
  })
  test('a seed that was not promised shows', async () => {
    const draw = await published()
    expect(await failing({ ...draw, commit: '0'.repeat(64) })).toEqual(['commit'])
  })
  test('an entry put in after closing shows', async () => {
    const draw = await published()
    const entries = [...draw.entries, { entryNo: 6, userHash: await sha('draw_01:u6'), weight: 1 }]
    expect(await failing({ ...draw, entries })).toContain('list')
  })
  test('an own entry that was left out shows', async () => {
    const draw = await published()
    expect(await failing({ ...draw, own: { userId: 'u9', entryNo: 2 } })).toEqual(['mine'])
  })
  test('another winner under a drawn number shows', async () => {
    const draw = await published()
    const winners = draw.proof.winners.map((winner, at) => (at === 0 ? { ...winner, userId: 'u1' as never } : winner))
    expect(await failing({ ...draw, proof: { ...draw.proof, winners } })).toEqual(['winners'])
  })
  test('a withheld winner shows', async () => {
    const draw = await published()
    expect(await failing({ ...draw, proof: { ...draw.proof, winners: draw.proof.winners.slice(1) } })).toEqual([
      'winners',
    ])
  })
  test('a number that was set aside is drawn but wins nothing', async () => {
    const draw = await published()
    const again = await drawAgain({ ...draw.proof, voided: [3] }, draw.entries)
    expect(again.winners.map((winner) => winner.entryNo)).not.toContain(3)
    expect(again.winners).toHaveLength(2)
    expect(again.voided).toEqual([3])
  })
})

test('one win each and no prize withheld, for any weights and quantities', async () => {
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 12 })
  const quantities = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(weights, quantities, async (weights, quantities) => {
      const { winners } = await proofFor(await entriesFor(weights), quantities)
      expect(new Set(winners.map((winner) => winner.entryNo)).size).toBe(winners.length)
      expect(winners.length).toBe(
        Math.min(
          weights.length,
          quantities.reduce((sum, count) => sum + count, 0),
        ),
      )
    }),
    { numRuns: 40 },
  )
})
