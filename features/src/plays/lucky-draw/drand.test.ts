/** The client of drand against recorded rounds of the public chains, served by relays of this machine's own. */
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { MINUTE } from '@qun/contract'
import { afterEach, describe, expect, test } from 'vitest'
import { luckyDraw } from './contract.ts'
import { enter, hashing, open, post, proofIn } from './fixtures.ts'
import { drawFault, firstRoundAfter, roundAt } from './rules.ts'
import { isSigned } from './server-bls.ts'
import { drandBeacon, drandChains } from './server-drand.ts'
import { createLuckyDraw } from './server.ts'

const { quicknet, default: slow } = drandChains
/**
 * As the public relays tell them: https://api.drand.sh/<hash>/public/<round>. Round 1 of `default` is also in a
 * maintainer's test vectors, https://gist.github.com/AnomalRoil/040893e2f409808997f1c489891b6531.
 */
const slowFirst = {
  round: 1,
  randomness: '101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec',
  signature:
    '8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b101' +
    '04990e7cb424998203d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655',
  previous_signature: '176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a',
} as const
const recorded = {
  [`/${slow.hash}/public/1`]: slowFirst,
  [`/${quicknet.hash}/public/1000`]: {
    round: 1_000,
    randomness: 'fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd',
    signature: 'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39',
  },
} as const
const quickPath = `/${quicknet.hash}/public/1000`
const quick = recorded[quickPath] as { round: number; randomness: string; signature: string }

/** The signature of round 1,001 of `quicknet`. */
const next = 'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41'

const ownKeys = bls12_381.shortSignatures.keygen(Buffer.alloc(48, 7))

const servers: Server[] = []
let asked = 0
afterEach(async () => {
  asked = 0
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))))
})
/** A relay that tells what is recorded, changed as asked; null where it has nothing. */
async function relay(change: (told: object) => unknown = (told) => told): Promise<string> {
  const server = createServer((request, response) => {
    asked += 1
    const told = (recorded as Record<string, object>)[request.url ?? '']
    const body = told === undefined ? null : change(told)
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json', connection: 'close' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const read = (relays: readonly string[], chain = 'quicknet', round = 1_000) =>
  drandBeacon({ fetch, relays }).read(chain, round)

describe('rounds', () => {
  test('[LD19] are made one a period from genesis on', () => {
    expect([roundAt(quicknet, 1), roundAt(slow, 1)]).toEqual([1_692_803_367_000, 1_595_431_050_000])
    expect(roundAt(quicknet, 27_946_612)).toBe(Date.UTC(2026, 3, 20))
    expect(roundAt(slow, 2) - roundAt(slow, 1)).toBe(30_000)
    // A close half a minute before a round takes that round, one millisecond later the next.
    const at = Date.UTC(2026, 3, 20)
    expect(firstRoundAfter(quicknet, at - 30_000)).toBe(27_946_612)
    expect(firstRoundAfter(quicknet, at - 29_999)).toBe(27_946_613)
  })
  test('[LD19] are the hash of their signature, on both public chains, by name and by hash', async () => {
    for (const { signature, randomness } of Object.values(recorded))
      expect(createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex')).toBe(randomness)
    const relays = [await relay(), await relay()]
    expect(await read(relays)).toBe(quick.randomness)
    expect(await read(relays, quicknet.hash)).toBe(quick.randomness)
    expect(await read(relays, 'default', 1)).toMatch(/^101297f1/)
  })
})

describe('signatures', () => {
  const ofSlow = { round: 1, signature: slowFirst.signature, previousSignature: slowFirst.previous_signature }
  const ofQuick = { round: 1_000, signature: quick.signature, previousSignature: '' }
  test('[LD24] fit the key of their chain, on both public chains', () => {
    expect(isSigned(slow.scheme, slow.publicKey, ofSlow)).toBe(true)
    expect(isSigned(quicknet.scheme, quicknet.publicKey, ofQuick)).toBe(true)
    expect(isSigned(quicknet.scheme, quicknet.publicKey, { ...ofQuick, round: 1_001, signature: next })).toBe(true)
  })
  test('[LD24] fit nothing else: another round, the round before it, another key', () => {
    expect(isSigned(quicknet.scheme, quicknet.publicKey, { ...ofQuick, round: 1_001 })).toBe(false)
    expect(isSigned(slow.scheme, slow.publicKey, { ...ofSlow, previousSignature: '' })).toBe(false)
    const otherKey = Buffer.from(ownKeys.publicKey.toBytes()).toString('hex')
    expect(isSigned(quicknet.scheme, otherKey, ofQuick)).toBe(false)
  })
  test('[LD24] chains are what their hash says: period, genesis, key, what the first round signs, and name', () => {
    const hashOf = ({ periodMs, genesisAt, publicKey }: typeof slow, seed: string, name: string) => {
      const times = Buffer.alloc(12)
      times.writeUInt32BE(periodMs / 1_000)
      times.writeBigInt64BE(BigInt(genesisAt / 1_000), 4)
      const hash = createHash('sha256')
        .update(times)
        .update(Buffer.from(publicKey + seed, 'hex'))
      return hash.update(name).digest('hex')
    }
    // Chain hashes of drand: common/chain/info.go there. The oldest chain has no name.
    expect(hashOf(slow, slowFirst.previous_signature, '')).toBe(slow.hash)
    const seed = 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e'
    expect(hashOf(quicknet, seed, 'quicknet')).toBe(quicknet.hash)
  })
})

describe('relays', () => {
  test('[LD19] one is enough, whichever is away; a round that is not made yet is told by none', async () => {
    const [one, two, away] = [await relay(), await relay(), 'http://127.0.0.1:9']
    expect(await read([away, two])).toBe(quick.randomness)
    await expect(read([away])).rejects.toThrow('no relay tells round 1000 of quicknet')
    await expect(read([one, two], 'quicknet', 1_001)).rejects.toThrow('no relay')
    await expect(read([one, two], 'other')).rejects.toThrow('no chain')
    await expect(read([one, two], 'constructor')).rejects.toThrow('no chain')
  })
  const nothing = { round: 1_000, randomness: quick.randomness }
  /** With the hash that fits it. */
  const signedAs = (signature: string) => ({
    round: 1_000,
    signature,
    randomness: createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex'),
  })
  const { shortSignatures: bls } = bls12_381
  const message = bls.hash(createHash('sha256').update('a round of my own').digest())
  const forged = Buffer.from(bls.sign(message, ownKeys.secretKey).toBytes()).toString('hex')
  test.each([
    ['another value', { ...quick, randomness: '00'.repeat(32) }],
    ['another round', { ...quick, round: 999 }],
    ['a signature of another length', { ...quick, signature: quick.signature.slice(2) }],
    ['no signature', nothing],
    ['a signature of its own, with its hash', signedAs(forged)],
    ['the signature of the next round, with its hash', signedAs(next)],
    ['bytes that are no signature, with their hash', signedAs('ab'.repeat(48))],
    ['a list', []],
    ['no JSON', '<html>'],
    ['too much', `${JSON.stringify(quick)}${' '.repeat(5_000)}`],
  ])('[LD19] [LD24] that tell %s are not believed, and keep nobody from an honest one', async (_, told) => {
    const liar = await relay(() => told)
    await expect(read([liar, liar])).rejects.toThrow('no relay')
    expect(await read([liar, await relay()])).toBe(quick.randomness)
  })
  test('[LD19] are asked once for a round', async () => {
    const beacon = drandBeacon({ fetch, relays: [await relay(), await relay()] })
    for (let i = 0; i < 3; i++) expect(await beacon.read('quicknet', 1_000)).toBe(quick.randomness)
    expect(asked).toBe(2)
  })
})

test('[LD19] [LD10] a draw waits for its round and is drawn with it; the proof names chain and round', async () => {
  const relays = [await relay(), await relay()]
  // A chain of which round 1,000 is the first that a draw posted now may use.
  await using clock = await open()
  const genesisAt = clock.time.now() + 10 * MINUTE + 30_000 - 999 * quicknet.periodMs
  const chains = { quicknet: { ...quicknet, genesisAt } }
  await using world = await open(createLuckyDraw({ beacon: drandBeacon({ fetch, relays, chains }) }))
  world.time.moveTo(clock.time.now())
  const entropy = { mode: 'beacon', chain: 'quicknet', round: 1_000 } as const
  const at = await post(world, { entropy })
  for (const who of ['li', 'zhao', 'sun']) await enter(world, at, who)
  await world.pass(11 * MINUTE)
  expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'drawn', beacon: quick.randomness })
  const { proof, entries } = await proofIn(world, at)
  expect(proof).toMatchObject({ entropy, beacon: quick.randomness })
  expect(await drawFault(hashing, proof, entries)).toBe(undefined)
})
