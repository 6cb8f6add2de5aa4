/** Which public randomness a server offers, and what becomes of a draw while it cannot be had. */
import { createHash } from 'node:crypto'
import { MINUTE, SECOND } from '@qun/contract'
import { startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { beaconsOf, luckyDraw } from './contract.ts'
import { enter, open, post } from './fixtures.ts'
import { firstRoundAfter, retryAfter, roundAt } from './rules.ts'
import type { Beacon } from './server-beacons.ts'
import { createLuckyDraw, drandBeacon, drandChains, luckyDrawWith } from './server.ts'

const { quicknet } = drandChains
const offeredIn = async (world: World, who = 'wang') =>
  (await world.as(who).call(beaconsOf, { params: { groupId: world.groupId } })).chains
const [quickOffer, slowOffer] = Object.entries(drandChains).map(([chain, { genesisAt, periodMs }]) => ({
  chain,
  genesisAt,
  periodMs,
}))

/** Relays as a server meets them: each path by what it tells at the moment; throws while nothing is to be reached. */
function way(tell: (path: string) => object | undefined) {
  const asked: string[] = []
  const fetch = (url: string) => {
    asked.push(url)
    const told = tell(new URL(url).pathname)
    if (told === undefined) return Promise.reject(new TypeError('fetch failed'))
    return Promise.resolve({ ok: true, text: () => Promise.resolve(JSON.stringify(told)) })
  }
  return { asked, fetch }
}

describe('what is offered', () => {
  test('[LD21] nothing without a beacon, and a host’s own by name', async () => {
    await using plain = await open()
    expect(await offeredIn(plain)).toEqual([])
    const chain = { genesisAt: 0, periodMs: 1_000 }
    await using own = await open(createLuckyDraw({ beacon: { chains: { own: chain }, read: () => Promise.reject() } }))
    expect(await offeredIn(own, 'li')).toEqual([{ chain: 'own', ...chain }])
  })
  test('[LD21] chains whose newest round a relay tells, looked at again after a minute', async () => {
    let told: Record<string, number | undefined> = {}
    const { asked, fetch } = way((path) => {
      const round = told[path]
      return round === undefined ? undefined : { round }
    })
    await using world = await open(createLuckyDraw({ beacon: drandBeacon({ fetch }) }))
    const newest = (chain: typeof quicknet, agoMs = 0) =>
      Math.floor((world.time.now() - agoMs - chain.genesisAt) / chain.periodMs) + 1
    const path = (chain: typeof quicknet) => `/${chain.hash}/public/latest`
    expect(await offeredIn(world)).toEqual([])
    const atFirst = asked.length
    told = { [path(quicknet)]: newest(quicknet), [path(drandChains.default)]: newest(drandChains.default) }
    expect(await offeredIn(world)).toEqual([])
    expect(asked.length).toBe(atFirst)
    await world.pass(MINUTE)
    expect(await offeredIn(world)).toEqual([quickOffer, slowOffer])
    await world.pass(MINUTE)
    // The one goes on; the other, or its relay, stands still.
    told = { [path(quicknet)]: newest(quicknet), [path(drandChains.default)]: newest(drandChains.default, 3 * MINUTE) }
    expect(await offeredIn(world)).toEqual([quickOffer])
  })
  test('[LD21] while relays do not answer, only who asked first waits for them', async () => {
    let answer: () => void = () => undefined
    const pending = new Promise<void>((resolve) => (answer = resolve))
    const fetch = () => pending.then(() => ({ ok: true, text: () => Promise.resolve('{"round":99999999999}') }))
    const { offered } = drandBeacon({ fetch })
    const first = offered?.(0)
    expect(await offered?.(1)).toEqual([])
    answer()
    expect(await first).toEqual(['quicknet', 'default'])
  })
  test('[LD21] as the operator set it', async () => {
    const { asked, fetch } = way(() => undefined)
    await using off = await open(luckyDrawWith({ drand: 'off', fetch }))
    expect(await offeredIn(off)).toEqual([])
    expect(asked).toEqual([])
    await using on = await open(luckyDrawWith({ drand: 'on', fetch }))
    await offeredIn(on)
    expect(new Set(asked.map((url) => new URL(url).host))).toEqual(new Set(['api.drand.sh', 'drand.cloudflare.com']))
    asked.length = 0
    await using own = await open(luckyDrawWith({ drand: ['https://relay.example/drand'], fetch }))
    await offeredIn(own)
    expect(asked[0]).toBe(`https://relay.example/drand/${quicknet.hash}/public/latest`)
  })
  test('[LD21] only to members', async () => {
    await using world = await startWorld({ features: [message, membership, createLuckyDraw()] })
    await expect(offeredIn(world, 'stranger')).rejects.toMatchObject({ code: 'group.not_found' })
  })
})

describe('a draw that counts on it', () => {
  const chain = { genesisAt: Date.UTC(2025, 0, 1), periodMs: 3_000 }
  const value = createHash('sha256').update('a round').digest('hex')
  const asked: number[] = []
  let isUp = false
  const beacon: Beacon = {
    chains: { demo: chain },
    read: (_, round) => {
      asked.push(round)
      return isUp ? Promise.resolve(value) : Promise.reject(new Error('away'))
    },
  }
  test('[LD22] takes the first round half a minute after the close, and is drawn with it', async () => {
    isUp = true
    asked.length = 0
    await using world = await open(createLuckyDraw({ beacon }))
    const [offered] = await offeredIn(world)
    if (offered === undefined) throw new Error('nothing is offered')
    const closesAt = world.time.now() + 10 * MINUTE
    const round = firstRoundAfter(offered, closesAt)
    expect(roundAt(offered, round)).toBeGreaterThanOrEqual(closesAt + 30 * SECOND)
    expect(roundAt(offered, round - 1)).toBeLessThan(closesAt + 30 * SECOND)
    const drawsAt = roundAt(offered, round) + 5 * SECOND
    const at = await post(world, { closesAt, drawsAt, entropy: { mode: 'beacon', chain: offered.chain, round } })
    await enter(world, at, 'li')
    await world.pass(11 * MINUTE)
    expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'drawn', beacon: value })
    expect(asked).toEqual([round])
  })
  test('[LD23] waits in sight while no relay tells its round, asks at growing distances, and is drawn once it is told', async () => {
    isUp = false
    asked.length = 0
    await using world = await open(createLuckyDraw({ beacon }))
    const closesAt = world.time.now() + 10 * MINUTE
    const round = firstRoundAfter(chain, closesAt)
    const drawsAt = closesAt + MINUTE
    const at = await post(world, { closesAt, drawsAt, entropy: { mode: 'beacon', chain: 'demo', round } })
    await enter(world, at, 'li')
    await world.pass(11 * MINUTE + SECOND)
    expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'closed', awaitsBeaconSince: drawsAt })
    await world.pass(2 * 60 * MINUTE)
    expect(await world.read(at, luckyDraw)).toMatchObject({ phase: 'closed', awaitsBeaconSince: drawsAt })
    // 5, 10, 20, … seconds, then every ten minutes.
    expect(asked.length).toBeGreaterThan(15)
    expect(asked.length).toBeLessThan(25)
    isUp = true
    await world.pass(11 * MINUTE)
    const state = await world.read(at, luckyDraw)
    expect(state).toMatchObject({ phase: 'drawn', beacon: value, winnerCount: 1 })
    expect(state.awaitsBeaconSince).toBeUndefined()
    expect(new Set(asked)).toEqual(new Set([round]))
  })
  test('[LD23] distances double between five seconds and ten minutes', () => {
    const tries: number[] = []
    for (let waited = 0; waited < 3_600_000; waited += retryAfter(waited)) tries.push(waited / 1_000)
    expect(tries).toEqual([0, 5, 10, 20, 40, 80, 160, 320, 640, 1_240, 1_840, 2_440, 3_040])
  })
})
