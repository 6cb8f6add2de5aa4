/** Serves lucky-draw cards: glue between the contract, the rules, the store and a randomness beacon. */
import type { StateOf } from '@qun/contract'
import { defineFeature, serveCard, serveEndpoint, type ActionCall, type Feature, type OpenCall } from '@qun/core'
import { ledgerAudits } from '@qun/ledger'
import { entriesOf, luckyDraw, prizeCapFen, proofOf, winnersShownMax, type Entropy, type Winner } from './contract.ts'
import {
  drawKeyOf,
  drawWinners,
  entropyOf,
  fromHex,
  isStaff,
  listHashOf,
  missingDisclosure,
  prizeFault,
  retryAfter,
  roundFits,
  timesFit,
  toHex,
  weightOf,
} from './rules.ts'
import { countPrizes, keepPrizes } from './server-budget.ts'
import { grant, onOrder } from './server-chances.ts'
import { serveBeacons, type Beacon } from './server-beacons.ts'
import { claim, claimEnd, endClaims } from './server-claims.ts'
import { drandBeacon, type DrandOptions } from './server-drand.ts'
import {
  allEntries,
  announce,
  hashing,
  linesOf,
  namesOf,
  nameWinners,
  voidOf,
  worksForHouse,
  type DrawCall,
} from './server-parts.ts'
import { audits } from './store-audits.ts'
import { addEntry, findProof, keepProof, keepSeed, listEntries, migrations, readSeed, type Entry } from './store.ts'
import { countChances } from './store-chances.ts'

type State = StateOf<typeof luckyDraw>

export interface LuckyDrawOptions {
  /** Without it a draw that wants a beacon is refused `draw.beacon_round`. */
  readonly beacon?: Beacon
  /** Highest worth of one unit of a prize, in fen. */
  readonly prizeCapFen?: number
}

// ── posting ──
async function open(call: OpenCall<typeof luckyDraw>, options: LuckyDrawOptions): Promise<State> {
  const { body } = call
  const missing = missingDisclosure(body)
  const { closesAt, drawsAt } = body
  if (missing.length > 0 || closesAt === undefined || drawsAt === undefined) {
    return call.fail('draw.disclosure_missing', {
      errors: missing.map((pointer) => ({ pointer, code: 'draw.disclosure_missing' })),
    })
  }
  const fault = prizeFault(body.prizes, options.prizeCapFen ?? prizeCapFen)
  if (fault !== undefined) call.fail(fault)
  if (!timesFit(closesAt, drawsAt, call.now)) call.fail('draw.times_invalid')
  checkEntropy(call, entropyOf(body), closesAt, drawsAt, options)
  await countPrizes(call)
  const seed = call.randomHex(32)
  const drawId = `draw_${call.randomHex(12)}`
  await keepSeed(call.tx, call, drawId, seed)
  call.schedule(closesAt, 'close')
  call.schedule(drawsAt, 'draw')
  const commit = toHex(await hashing.sha256(fromHex(seed)))
  return { phase: 'open', entryCount: 0, drawId, commit, winnerCount: 0, winners: [] }
}
/** [LD10] */
function checkEntropy(
  call: OpenCall<typeof luckyDraw>,
  entropy: Entropy,
  closesAt: number,
  drawsAt: number,
  { beacon }: LuckyDrawOptions,
): void {
  if (entropy.mode !== 'beacon') return
  const chain =
    beacon === undefined || !Object.hasOwn(beacon.chains, entropy.chain) ? undefined : beacon.chains[entropy.chain]
  if (chain === undefined || !roundFits(chain, entropy.round, closesAt, drawsAt)) call.fail('draw.beacon_round')
}

// ── entering ──
/** [LD1] The clock of the decision closes the draw, also while the job that says so is late. */
async function enter(call: ActionCall<typeof luckyDraw>, nonce: string | undefined): Promise<void> {
  const { state, body, actorId, actor } = call
  if ((await call.mineOf(actorId)) !== undefined) return
  if (state.phase !== 'open' || call.now >= (body.closesAt ?? 0)) call.fail('draw.closed')
  if (actor === undefined || actorId === call.senderId || isStaff(actor)) call.fail('draw.staff_excluded')
  if (await worksForHouse(call, actorId)) call.fail('draw.staff_excluded')
  if (call.isMinor) call.fail('user.minor_restricted') // [LD16]
  const isGrouped = entropyOf(body).mode === 'group'
  if (isGrouped && nonce === undefined) call.fail('draw.nonce_missing')
  const entryNo = state.entryCount + 1
  const { chances } = body
  // [LD20] Those given before.
  const weight = chances === undefined ? 1 : weightOf(chances.most, await countChances(call.tx, call, actorId))
  const entry: Entry = { entryNo, userId: actorId, weight, ...(isGrouped && nonce !== undefined ? { nonce } : {}) }
  await addEntry(call.tx, call, entry, call.now)
  call.setState({ ...state, entryCount: entryNo })
  call.setMine(actorId, { entryNo })
  call.record('lucky-draw.entered', { seq: call.seq, userId: actorId, entryNo })
}

// ── closing and drawing ──
/** [LD3] Shows the hash of the list. Returns it with the entries. */
async function close(call: DrawCall): Promise<{ listHash: string; entries: Entry[] }> {
  const { state } = call
  const entries = await listEntries(call.tx, call, allEntries)
  if (state.listHash !== undefined) return { listHash: state.listHash, entries }
  const listHash = await listHashOf(hashing, await linesOf(state.drawId, entries))
  call.setState({ ...state, phase: 'closed', listHash })
  call.record('lucky-draw.closed', { seq: call.seq, entryCount: entries.length, listHash })
  return { listHash, entries }
}
/** [LD23] Never without its round: nobody may choose between a draw with it and one without. */
function awaitBeacon(call: DrawCall): void {
  const since = call.state.awaitsBeaconSince ?? call.now
  if (call.state.awaitsBeaconSince === undefined) call.setState({ ...call.state, awaitsBeaconSince: since })
  call.schedule(call.now + retryAfter(call.now - since), 'draw')
}
/** [LD12] Draws once, however often the job runs. */
async function draw(call: DrawCall, { beacon: source }: LuckyDrawOptions): Promise<void> {
  const { body } = call
  if (call.state.phase === 'drawn' || call.state.phase === 'cancelled') return
  const { listHash, entries } = await close(call)
  const entropy = entropyOf(body)
  const beacon =
    entropy.mode === 'beacon' ? await source?.read(entropy.chain, entropy.round).catch(() => undefined) : ''
  if (beacon === undefined) return awaitBeacon(call)
  const seed = await readSeed(call.tx, call)
  const { drawId, commit } = call.state
  const quantities = body.prizes.map((prize) => prize.quantity)
  const key = await drawKeyOf(hashing, { seed, drawId, listHash, beacon })
  const drawn = await drawWinners(hashing, key, entries, quantities, await voidOf(call, entries))
  const winners = await nameWinners(call, drawn.winners, entries)
  for (const { userId, entryNo, prize } of winners) call.setMine(userId, { entryNo, prize })
  await keepPrizes(call, winners)
  const { voided } = drawn
  await keepProof(call.tx, call, {
    drawId,
    commit,
    seed,
    listHash,
    entropy,
    beacon,
    entryCount: entries.length,
    quantities,
    ...(body.chances === undefined ? {} : { weightMost: body.chances.most }),
    voided,
    winners,
  })
  const { awaitsBeaconSince: _over, ...state } = call.state
  call.setState({
    ...state,
    phase: 'drawn',
    seed,
    ...(beacon === '' ? {} : { beacon }),
    drawnAt: call.now,
    winnerCount: winners.length,
    winners: winners.slice(0, winnersShownMax),
  })
  call.record('lucky-draw.drawn', { seq: call.seq, winnerCount: winners.length })
  if (body.claimDays !== undefined && winners.length > 0) call.schedule(claimEnd(body.claimDays, call.now), 'unclaimed')
  await announce(call, announcement(body.title, winners))
}
function announcement(title: string, winners: readonly Winner[]) {
  if (winners.length === 0)
    return { 'zh-CN': `「${title}」已开奖，无人参与`, en: `“${title}” was drawn: nobody had entered` }
  const names = namesOf(winners)
  return { 'zh-CN': `「${title}」已开奖：${names['zh-CN']}中奖`, en: `“${title}” was drawn: ${names.en} won` }
}

// ── reading ──
const entries = serveEndpoint(entriesOf, async (call) => {
  const asked = await call.readCard(luckyDraw, call.params)
  const { drawId, entryCount } = asked.state
  const page = { after: call.query.after ?? 0, limit: call.query.limit ?? 1_000 }
  return { drawId, entryCount, entries: await linesOf(drawId, await listEntries(call.tx, asked, page)) }
})
/** [LD13] */
const proof = serveEndpoint(proofOf, async (call) => {
  const asked = await call.readCard(luckyDraw, call.params)
  const found = await findProof(call.tx, asked)
  if (found === undefined) return call.fail('draw.seed_sealed')
  return { proof: found, body: asked.body }
})

export function createLuckyDraw(options: LuckyDrawOptions = {}): Feature {
  const card = serveCard(luckyDraw, {
    open: (call) => open(call, options),
    actions: {
      enter: (call, { nonce }) => enter(call, nonce),
      claim,
      /** [LD14] Never after entries closed: whoever knew the outcome could throw it away. */
      async cancel(call, { reason }) {
        if (call.state.phase !== 'open' || call.now >= (call.body.closesAt ?? 0)) call.fail('draw.closed')
        call.setState({ ...call.state, phase: 'cancelled', cancelled: { reason, at: call.now } })
        await keepPrizes(call, [])
        call.cancelJob('close')
        call.cancelJob('draw')
        call.record('lucky-draw.cancelled', { seq: call.seq, reason })
      },
    },
    jobs: {
      async close(call) {
        if (call.state.phase === 'open') await close(call)
      },
      draw: (call) => draw(call, options),
      unclaimed: endClaims,
    },
    recallable: (state) => (state.entryCount > 0 && state.phase !== 'cancelled' ? 'draw.locked' : true),
    async recalled(call) {
      await keepPrizes(call, [])
      call.cancelJob('close')
      call.cancelJob('draw')
    },
  })
  return defineFeature({
    name: 'lucky-draw',
    migrations,
    cards: [card],
    endpoints: [entries, proof, serveBeacons(options.beacon), grant],
    reactions: [onOrder],
    audits: [...ledgerAudits, ...audits],
  })
}

/** What an operator sets, as the server that ships reads it. */
export interface LuckyDrawSettings {
  /** `on`: the public relays; a list: these; `off`: no draw counts on drand. */
  readonly drand: 'on' | 'off' | readonly string[]
  readonly fetch: DrandOptions['fetch']
}
export function luckyDrawWith({ drand, fetch }: LuckyDrawSettings): Feature {
  if (drand === 'off') return createLuckyDraw()
  return createLuckyDraw({ beacon: drandBeacon({ fetch, ...(drand === 'on' ? {} : { relays: drand }) }) })
}

export { drandBeacon, drandChains, drandRelays, type DrandChain, type DrandOptions } from './server-drand.ts'
export default createLuckyDraw()
