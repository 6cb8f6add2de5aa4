/** How winners follow from seed, entries and beacon, and what a draw must tell: pure, same in server and browser. */
import { prizeCapFen, unitsMax, type Entropy, type EntryLine, type Prize, type Proof } from './contract.ts'

/** SHA-256 and HMAC-SHA-256. The server passes node's, a browser `subtleHashing`. */
export interface Hashing {
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}
interface SubtleLike {
  digest(name: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer>
  importKey(
    ...parts: [format: 'raw', key: Uint8Array, algorithm: object, extractable: false, uses: ['sign']]
  ): Promise<unknown>
  sign(name: 'HMAC', key: never, bytes: Uint8Array): Promise<ArrayBuffer>
}
/** Hashing by WebCrypto: pass `crypto.subtle`, which browsers offer on https and localhost. */
export function subtleHashing(subtle: unknown): Hashing {
  const web = subtle as SubtleLike
  return {
    sha256: async (bytes) => new Uint8Array(await web.digest('SHA-256', bytes)),
    async hmac(key, bytes) {
      const imported = await web.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      return new Uint8Array(await web.sign('HMAC', imported as never, bytes))
    },
  }
}

const encoder = new TextEncoder()
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** [LD3] The hash of a member's id in the list of one draw. */
export async function userHashOf(hashing: Hashing, drawId: string, userId: string): Promise<string> {
  return toHex(await hashing.sha256(bytesOf(`${drawId}:${userId}`)))
}
/** [LD3] SHA-256 of the list: one line per entry in order; with entropy `group` its nonce is a fourth column. */
export async function listHashOf(hashing: Hashing, entries: readonly EntryLine[]): Promise<string> {
  const lines = entries.map(({ entryNo, userHash, weight, nonce }) =>
    [entryNo, userHash, weight, ...(nonce === undefined ? [] : [nonce])].join('\t'),
  )
  return toHex(await hashing.sha256(bytesOf(lines.map((line) => `${line}\n`).join(''))))
}
/** [LD4] The key of the draw's random stream. `beacon` is empty without one. */
export function drawKeyOf(
  hashing: Hashing,
  draw: { readonly seed: string; readonly drawId: string; readonly listHash: string; readonly beacon: string },
): Uint8Array | Promise<Uint8Array> {
  return hashing.hmac(fromHex(draw.seed), bytesOf(`${draw.drawId}|${draw.listHash}|${draw.beacon}`))
}

/** [LD5] Uniform integers from HMAC(key, 0), HMAC(key, 1) …: numbers past the last full multiple are skipped. */
function uniformStream(hashing: Hashing, key: Uint8Array): (below: number) => Promise<number> {
  const waiting: bigint[] = []
  let block = 0
  const next = async (): Promise<bigint> => {
    if (waiting.length === 0) {
      const counter = new Uint8Array(4)
      new DataView(counter.buffer).setUint32(0, block++)
      const bytes = await hashing.hmac(key, counter)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let offset = 0; offset < 32; offset += 8) waiting.push(view.getBigUint64(offset))
    }
    return waiting.shift() as bigint
  }
  return async (below) => {
    const total = BigInt(below)
    const limit = ((1n << 64n) / total) * total
    for (;;) {
      const number = await next()
      if (number < limit) return Number(number % total)
    }
  }
}

/** One unit of a prize and the entry it went to. */
export interface Drawn {
  readonly prize: number
  readonly entryNo: number
}
/**
 * [LD4] [LD6] [LD7] Draws one entry for each unit of each prize, best prize first, until units or entries run out. A
 * drawn entry leaves the list. `isVoid` is asked of each drawn entry alone; a void one is set aside, and the unit drawn
 * again.
 */
export async function drawWinners(
  hashing: Hashing,
  key: Uint8Array,
  entries: readonly Pick<EntryLine, 'entryNo' | 'weight'>[],
  quantities: readonly number[],
  isVoid: (entryNo: number) => boolean | Promise<boolean>,
): Promise<{ winners: Drawn[]; voided: number[] }> {
  const below = uniformStream(hashing, key)
  const left = [...entries]
  let weightLeft = left.reduce((sum, entry) => sum + entry.weight, 0)
  const winners: Drawn[] = []
  const voided: number[] = []
  for (const [prize, quantity] of quantities.entries()) {
    let given = 0
    while (given < quantity && left.length > 0) {
      let rest = await below(weightLeft)
      const index = left.findIndex((entry) => (rest -= entry.weight) < 0)
      const [entry] = left.splice(index, 1)
      if (entry === undefined) return { winners, voided }
      weightLeft -= entry.weight
      if (await isVoid(entry.entryNo)) voided.push(entry.entryNo)
      else {
        winners.push({ prize, entryNo: entry.entryNo })
        given += 1
      }
    }
  }
  return { winners, voided }
}

/** [LD20] What an entry counts: its own chance and those recorded, at most as many as were told. */
export const weightOf = (most: number, chances: number): number => Math.min(most, 1 + chances)

/** [LD18] The name under which unclaimed prizes are drawn again: another key, another stream. */
export const redrawIdOf = (drawId: string): string => `${drawId}#2`
/**
 * [LD18] Draws again what the entries `lapsed` won and did not claim, with the same seed, list and beacon, among the
 * entries that neither won nor were set aside, in their old order.
 */
export async function redrawWinners(
  hashing: Hashing,
  proof: Omit<Proof, 'redraw'>,
  entries: readonly Pick<EntryLine, 'entryNo' | 'weight'>[],
  lapsed: readonly number[],
  isVoid: (entryNo: number) => boolean | Promise<boolean>,
): Promise<{ winners: Drawn[]; voided: number[] }> {
  const isOut = new Set([...proof.winners.map((winner) => winner.entryNo), ...proof.voided])
  const isLapsed = new Set(lapsed)
  const quantities = proof.quantities.map(
    (_, prize) => proof.winners.filter((winner) => winner.prize === prize && isLapsed.has(winner.entryNo)).length,
  )
  const key = await drawKeyOf(hashing, { ...proof, drawId: redrawIdOf(proof.drawId) })
  const left = entries.filter((entry) => !isOut.has(entry.entryNo))
  return drawWinners(hashing, key, left, quantities, isVoid)
}

/**
 * Repeats a published draw. Answers the first thing that does not fit, or undefined when all does: the seed to its
 * hash, the entries to theirs, every winner to the draw, every winner's id to the entry.
 */
export async function drawFault(
  hashing: Hashing,
  proof: Proof,
  entries: readonly EntryLine[],
): Promise<'commit' | 'entries' | 'weights' | 'list' | 'winners' | 'redraw' | 'people' | undefined> {
  if (toHex(await hashing.sha256(fromHex(proof.seed))) !== proof.commit) return 'commit'
  if (entries.length !== proof.entryCount || entries.some((entry, index) => entry.entryNo !== index + 1))
    return 'entries'
  if (entries.some(({ weight }) => weight > (proof.weightMost ?? 1))) return 'weights'
  if ((await listHashOf(hashing, entries)) !== proof.listHash) return 'list'
  const key = await drawKeyOf(hashing, proof)
  if (!isRepeated(proof, await drawWinners(hashing, key, entries, proof.quantities, isAmong(proof.voided))))
    return 'winners'
  if (proof.redraw !== undefined && !(await isRedrawn(hashing, proof, proof.redraw, entries))) return 'redraw'
  for (const winner of [...proof.winners, ...(proof.redraw?.winners ?? [])]) {
    const entry = entries[winner.entryNo - 1]
    if (entry?.userHash !== (await userHashOf(hashing, proof.drawId, winner.userId))) return 'people'
  }
  return undefined
}
const isAmong = (entryNos: readonly number[]) => {
  const among = new Set(entryNos)
  return (entryNo: number) => among.has(entryNo)
}
interface Told {
  readonly winners: readonly Drawn[]
  readonly voided: readonly number[]
}
function isRepeated(told: Told, repeated: Told): boolean {
  const words = ({ winners, voided }: Told) =>
    `${winners.map(({ prize, entryNo }) => `${prize}/${entryNo}`).join()} without ${voided.join()}`
  return words(told) === words(repeated)
}
/** [LD18] Only winners lapse, each once. */
async function isRedrawn(
  hashing: Hashing,
  proof: Proof,
  redraw: NonNullable<Proof['redraw']>,
  entries: readonly EntryLine[],
): Promise<boolean> {
  const { drawId, lapsed, voided } = redraw
  const winning = proof.winners.map((winner) => winner.entryNo).filter(isAmong(lapsed))
  if (drawId !== redrawIdOf(proof.drawId) || winning.join() !== lapsed.join()) return false
  return isRepeated(redraw, await redrawWinners(hashing, proof, entries, lapsed, isAmong(voided)))
}

// ── what a draw must tell ──
export interface Disclosure {
  readonly prizes: readonly Prize[]
  readonly closesAt?: number
  readonly drawsAt?: number
  readonly organiser?: string
  readonly contact?: string
  readonly conditions?: string
  readonly method?: string
  readonly claimDays?: number
  readonly unclaimed?: 'void' | 'redraw'
  readonly chances?: { readonly how: string }
}
/** [LD8] JSON pointers of what must be told and is missing or blank. */
export function missingDisclosure(body: Disclosure): string[] {
  const isBlank = (text: string | undefined) => text === undefined || text.trim() === ''
  return [
    ...(['organiser', 'contact', 'conditions', 'method'] as const)
      .filter((field) => isBlank(body[field]))
      .map((field) => `/${field}`),
    ...(['closesAt', 'drawsAt'] as const).filter((field) => body[field] === undefined).map((field) => `/${field}`),
    ...(body.chances !== undefined && isBlank(body.chances.how) ? ['/chances/how'] : []),
    // A redraw without a time to claim would never come.
    ...(body.unclaimed === 'redraw' && body.claimDays === undefined ? ['/claimDays'] : []),
    ...body.prizes.flatMap((prize, index) => [
      ...(prize.valueFen === undefined ? [`/prizes/${index}/valueFen`] : []),
      ...(isBlank(prize.name) ? [`/prizes/${index}/name`] : []),
    ]),
  ]
}
/** [LD9] The code with which prizes are refused, if they are. `capFen` is the legal cap of one unit's worth. */
export function prizeFault(
  prizes: readonly Prize[],
  capFen = prizeCapFen,
): 'draw.prize_cap' | 'draw.prizes_invalid' | undefined {
  if (prizes.some((prize) => (prize.valueFen ?? 0) > capFen)) return 'draw.prize_cap'
  return prizes.reduce((sum, prize) => sum + prize.quantity, 0) > unitsMax ? 'draw.prizes_invalid' : undefined
}

/** Longest time a draw may stay open, in milliseconds: ninety days. */
export const drawLifeMaxMs = 90 * 86_400_000
/** Least time between close and the beacon's round, in milliseconds: the list is public before the round exists. */
export const beaconMarginMs = 30_000
/** [LD1] Closing lies ahead, drawing not before it. */
export function timesFit(closesAt: number, drawsAt: number, now: number): boolean {
  return closesAt > now && drawsAt >= closesAt && drawsAt <= now + drawLifeMaxMs
}

export interface BeaconChain {
  /** When round 1 was made. */
  readonly genesisAt: number
  readonly periodMs: number
}
/** When a round of a chain is made. */
export function roundAt(chain: BeaconChain, round: number): number {
  return chain.genesisAt + (round - 1) * chain.periodMs
}
/** The first round a draw that closes at an instant may use. */
export function firstRoundAfter(chain: BeaconChain, closesAt: number): number {
  return Math.max(1, Math.ceil((closesAt + beaconMarginMs - chain.genesisAt) / chain.periodMs) + 1)
}
/** [LD10] The round is made after the list of entries is public, and before the draw. */
export function roundFits(chain: BeaconChain, round: number, closesAt: number, drawsAt: number): boolean {
  const at = roundAt(chain, round)
  return at >= closesAt + beaconMarginMs && at <= drawsAt
}
/** Shortest and longest time between two tries to learn a round that no relay tells, in milliseconds. */
const retryMs = { least: 5_000, most: 600_000 }
/** [LD23] How long a draw that has waited so long waits until it asks again: twice as long each time. */
export function retryAfter(waitedMs: number): number {
  return Math.min(retryMs.most, Math.max(retryMs.least, waitedMs))
}
/** What the body's entropy means when it says nothing. */
export const entropyOf = (body: { readonly entropy?: Entropy }): Entropy => body.entropy ?? { mode: 'none' }

const staffBadges: ReadonlySet<string> = new Set(['merchant', 'staff', 'creator', 'bot', 'official'])
/** [LD11] Who runs the group, posts the draw or speaks for the shop does not take part. */
export function isStaff(member: { readonly role: string; readonly badge: string | null }): boolean {
  return member.role !== 'member' || (member.badge !== null && staffBadges.has(member.badge))
}

// ── budgets ──
/** [LD26] What all prizes are worth, in fen. */
export function worthOf(prizes: readonly Prize[]): number {
  return prizes.reduce((sum, { quantity, valueFen = 0 }) => sum + quantity * valueFen, 0)
}
/** [LD26] What these winners' prizes are worth. */
export function worthOfWon(
  { prizes }: { readonly prizes: readonly Prize[] },
  winners: readonly { readonly prize: number }[],
): number {
  return winners.reduce((sum, { prize }) => sum + (prizes[prize]?.valueFen ?? 0), 0)
}
