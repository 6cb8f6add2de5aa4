/** Serves red packets: glue between the contract, the rules, the store and the ledger. */
import type { RefusalDetail } from '@qun/contract'
import {
  defineFeature,
  issuerOfGroup,
  serveCard,
  type ActionCall,
  type CardCall,
  type Feature,
  type Guard,
  type OpenCall,
  type Reaction,
} from '@qun/core'
import { ledgerAudits, transfer, transferAll, type PaymentProvider, type Transfer } from '@qun/ledger'
import { packetLifeMs, redPacket, shareMax, type PacketBody, type PacketMine, type PacketState } from './contract.ts'
import { commitOf, numbersOf, phraseHash } from './rules-secrets.ts'
import {
  luckiestPlace,
  openerFault,
  packetFault,
  packetOver,
  sharesOf,
  triesAfter,
  triesWait,
  type OpenTerms,
  type ShareLimits,
} from './rules.ts'
import { audits } from './store-audits.ts'
import { carryOut, cash, payOut } from './server-cash.ts'
import { endpointsOf } from './server-reading.ts'
import {
  currencyHere,
  currencyOf,
  escrowOf,
  giveBackBudget,
  programmeKept,
  refOf,
  takeBudget,
  takeShare,
} from './server-money.ts'
import { keeperOf, setPiecesAside, voucherFault, type Keepers } from './server-vouchers.ts'
import {
  claimerOf,
  claimShare,
  countMembers,
  endPacket,
  keepPacket,
  keepPhrase,
  migrations,
  openPackets,
  readPacket,
  readPhraseHash,
  readShares,
  refundShares,
  usePhrase,
} from './store.ts'

export interface RedPacketOptions {
  /** How long a packet may be opened, in milliseconds: a day. */
  readonly lifeMs?: number
  /** Highest share in minor units. */
  readonly shareMax?: number
  /** Only members of the time it was sent may open it. */
  readonly membersWhenSent?: boolean
  /** False: nobody opens a packet of their own. */
  readonly senderOpens?: boolean
  /** Opening needs a ticket of action `ticket`: a script must at least look at the packet first. */
  readonly tickets?: boolean
  /** Pays out packets of CNY; without it they are refused `ledger.currency_unknown`. */
  readonly cash?: PaymentProvider
  /** Who keeps what packets of pieces give; without one they are refused `ledger.currency_unknown`. */
  readonly vouchers?: Keepers
}
export interface Terms extends OpenTerms {
  readonly lifeMs: number
  readonly limits: ShareLimits
  readonly tickets: boolean
  readonly cash: PaymentProvider | undefined
  readonly keepers: Keepers
}
type PacketCall = CardCall<typeof redPacket>
type Opening = ActionCall<typeof redPacket>

// ── sending ──
/** [R1] [R2] The shares are fixed and the amount is set aside in the decision that posts the message. */
async function send(call: OpenCall<typeof redPacket>, terms: Terms): Promise<PacketState> {
  const { body, actorId, now } = call
  await checkSender(call, terms)
  const { recipientId, phraseId, amount, count } = body
  const issuer = await issuerOfGroup(call, call.groupId)
  const currency = currencyHere(call, issuer)
  if (recipientId !== undefined && (await call.findMember(recipientId))?.active !== true)
    call.fail('redpacket.recipient_invalid')
  if (phraseId !== undefined && !(await usePhrase(call, phraseId))) call.fail('redpacket.phrase_invalid')
  const keeper = keeperOf(terms.keepers, currency)
  const pieces = keeper === undefined ? undefined : await setPiecesAside(call, keeper)
  const source = pieces?.account ?? (await takeBudget(call, issuer, currency))
  await transfer(call, {
    ref: refOf(call, 'fund'),
    currency,
    legs: [
      { account: source, amount: -amount },
      { account: escrowOf(call), amount },
    ],
    reason: 'red-packet.fund',
    groupId: call.groupId,
  })
  const secret = call.randomHex(32)
  const shares = sharesOf(body, numbersOf(secret), terms.limits)
  const expiresAt = now + terms.lifeMs
  await keepPacket(call, { source, currency, amount, count, shareMax: terms.limits.max, secret, expiresAt }, shares)
  call.schedule(expiresAt, 'expire')
  call.record('red-packet.sent', { seq: call.seq, userId: actorId, currency: body.currency, amount, count })
  const commit = commitOf(secret, shares)
  return {
    phase: 'open',
    claimedCount: 0,
    expiresAt,
    commit,
    ...programmeKept(currency),
    ...(terms.tickets ? { ticketed: true } : {}),
    ...(pieces === undefined ? {} : { unit: pieces.title }),
  }
}
async function checkSender(
  call: OpenCall<typeof redPacket>,
  { limits, cash: provider, keepers }: Terms,
): Promise<void> {
  const { body, actorId } = call
  const memberCount = await countMembers(call)
  const fault = packetFault(body, { memberCount, senderId: actorId }, limits)
  if (fault !== undefined) call.fail(fault)
  const isMoney = body.currency === 'points' || (body.currency === cash && provider !== undefined)
  if (!isMoney && keeperOf(keepers, body.currency) === undefined)
    call.fail('ledger.currency_unknown', { detail: body.currency })
  if ((await call.findUser(actorId))?.minor === true) call.fail('user.minor_restricted')
}

/** A phrase never reaches the log: what is stored in its place is a name, and a hash apart from it. */
const phraseGuard: Guard = {
  name: 'red-packet.phrase',
  kinds: [redPacket.kind],
  post(attempt) {
    const { phrase, ...body } = attempt.body as PacketBody
    if (body.phraseId !== undefined) return attempt.fail('redpacket.phrase_invalid')
    if (phrase === undefined) return undefined
    if (phrase.trim() === '') return attempt.fail('redpacket.phrase_invalid')
    return attempt.decide(async (tx) => {
      const { appId, senderId, now } = attempt
      const phraseId = await keepPhrase(tx, { appId, senderId, at: now }, (id) => phraseHash(id, phrase))
      return { ...body, phraseId }
    })
  },
}

// ── opening ──
/**
 * [R4] [R8] In the order of C-01; all but the phrase is decided from what the engine has read for all who ask at
 * once.
 */
async function open(call: Opening, input: { phrase?: string; ticket?: string }, terms: Terms): Promise<void> {
  const { body, actorId, actor, now } = call
  const mine = await call.mineOf(actorId)
  if (actor === undefined) return call.fail('redpacket.not_found')
  const opener = { ...actor, isMinor: call.isMinor }
  const barred = openerFault(opener, { body, senderId: call.senderId, at: call.at, now }, mine, terms)
  if (barred === 'again') return undefined
  if (barred !== undefined) return call.fail(barred)
  const held = useTicket(call, mine, input.ticket, terms)
  if (body.phraseId !== undefined) await checkPhrase(call, held, input.phrase ?? '')
  const over = packetOver(call.state, now)
  if (over !== undefined) return refuse(call, held, mine, over)
  const shares = await readShares(call)
  const share = shares[call.state.claimedCount] as number
  const fault = await takeShare(call, share)
  const none = fault ?? (await voucherFault(call, keeperOf(terms.keepers, body.currency), share))
  if (none !== undefined) return refuse(call, held, mine, none)
  return claim(call, held, shares, terms)
}
/** What the actor holds once the ticket is used, which it is by any try. */
function useTicket(call: Opening, mine: PacketMine | undefined, ticket: string | undefined, { tickets }: Terms) {
  if (!tickets) return mine
  if (ticket === undefined) call.fail('redpacket.ticket_required')
  const { ticket: own, ...rest } = mine ?? {}
  if (own === undefined || own !== ticket) call.fail('redpacket.ticket_invalid')
  return rest
}
/** Refuses, and keeps what the try used up. */
function refuse(
  call: Opening,
  held: PacketMine | undefined,
  mine: PacketMine | undefined,
  code: string,
  more?: RefusalDetail,
): never {
  if (held === mine || held === undefined) return call.fail(code, more)
  call.setMine(call.actorId, held)
  return call.failKeeping(code, more)
}
/** A wrong phrase is counted though it opens nothing; after five the member waits. */
async function checkPhrase(call: Opening, held: PacketMine | undefined, phrase: string): Promise<void> {
  const { body, now } = call
  const waitMs = triesWait(held, now)
  if (waitMs > 0) return call.fail('rate.limited', { retryAfterMs: waitMs })
  const phraseId = body.phraseId ?? ''
  if (phraseHash(phraseId, phrase) === (await readPhraseHash(call, phraseId))) return undefined
  return refuse(call, { ...held, tries: triesAfter(held), triedAt: now }, undefined, 'redpacket.password_wrong')
}

/** [R3] [R6] The share and its transfer, in one go; the last one ends the packet. */
async function claim(
  call: Opening,
  held: PacketMine | undefined,
  shares: readonly number[],
  terms: Terms,
): Promise<void> {
  const { state, actorId, now, body } = call
  const ord = state.claimedCount
  const amount = shares[ord] as number
  const keeper = keeperOf(terms.keepers, body.currency)
  // What is given counts against caps before any value moves; pieces are burnt once they are the actor's.
  const burnt = await keeper?.give(
    call,
    { currency: body.currency, amount },
    { userId: actorId, senderId: call.senderId },
  )
  const opened: Transfer = {
    ref: refOf(call, `open/${actorId}`),
    currency: currencyOf(body, state),
    legs: [
      { account: escrowOf(call), amount: -amount },
      { account: `user/${actorId}`, amount },
    ],
    reason: 'red-packet.open',
    groupId: call.groupId,
  }
  await Promise.all([
    claimShare(call, ord, actorId, now),
    transferAll(call, burnt === undefined ? [opened] : [opened, burnt]),
  ])
  await payOut(call, terms.cash, { userId: actorId, amount, isRefund: false })
  const { tries: _, triedAt: __, ...rest } = held ?? {}
  call.setMine(actorId, { ...rest, amount, at: now, place: ord + 1 })
  call.record('red-packet.opened', { seq: call.seq, userId: actorId, currency: body.currency, amount })
  if (ord + 1 === body.count) await finish(call, shares)
  else call.setState({ ...state, claimedCount: ord + 1 })
}
/** [R12] */
async function finish(call: Opening, shares: readonly number[]): Promise<void> {
  const { body, state, seq, now } = call
  const { currency, amount, count } = body
  await endPacket(call, now)
  const place = luckiestPlace(body, shares)
  const userId = place === undefined ? undefined : await claimerOf(call, place)
  const name = userId === undefined ? '' : ((await call.findMember(userId))?.name ?? userId)
  const luckiest = userId === undefined ? undefined : { userId, name, amount: shares[place as number] as number }
  call.setState({
    ...state,
    phase: 'finished',
    claimedCount: count,
    claimedSum: amount,
    refunded: 0,
    endedAt: now,
    ...(luckiest === undefined ? {} : { luckiest }),
  })
  call.cancelJob('expire')
  call.record('red-packet.finished', { seq, currency, amount, count })
  if (luckiest !== undefined)
    call.record('red-packet.lucky_king', { seq, userId: luckiest.userId, currency, amount: luckiest.amount })
}

// ── ending ──
/** [R7] Gives back what nobody opened, in one transfer, once: whatever calls it a second time finds the packet over. */
async function settle(call: PacketCall, phase: 'expired' | 'revoked', terms: Terms): Promise<void> {
  const { state, body, seq, now } = call
  if (state.phase !== 'open') return
  const { source, currency, amount } = await readPacket(call)
  const refunded = await refundShares(call)
  // Budgets before accounts, as where packets are sent and opened.
  await giveBackBudget(call, body, refunded)
  if (refunded > 0) {
    await keeperOf(terms.keepers, currency)?.takeBack(call, { currency, amount: refunded })
    await transfer(call, {
      ref: refOf(call, 'refund'),
      currency,
      legs: [
        { account: escrowOf(call), amount: -refunded },
        { account: source, amount: refunded },
      ],
      reason: 'red-packet.refund',
      groupId: call.groupId,
    })
  }
  if (refunded > 0 && source === `user/${call.senderId}`)
    await payOut(call, terms.cash, { userId: call.senderId, amount: refunded, isRefund: true })
  await endPacket(call, now)
  call.setState({ ...state, phase, claimedSum: amount - refunded, refunded, endedAt: now })
  call.cancelJob('expire')
  call.record(`red-packet.${phase}`, { seq, currency: body.currency, refunded })
}

/** A group that is over has nobody left to open anything. */
const settlingOf = (terms: Terms): Reaction => ({
  name: 'red-packet.group-over',
  on: 'membership.disbanded',
  async handle(call) {
    const { groupId } = call.fact
    for (const seq of await openPackets(call.tx, call.appId, groupId))
      await settle(await call.card(redPacket, { groupId, seq }), 'expired', terms)
  },
})

export function createRedPacket(options: RedPacketOptions = {}): Feature {
  const terms: Terms = {
    lifeMs: options.lifeMs ?? packetLifeMs,
    limits: { min: 1, max: options.shareMax ?? shareMax },
    membersWhenSent: options.membersWhenSent ?? false,
    senderOpens: options.senderOpens ?? true,
    tickets: options.tickets ?? false,
    cash: options.cash,
    keepers: options.vouchers ?? [],
  }
  const card = serveCard(redPacket, {
    open: (call) => send(call, terms),
    actions: {
      open: (call, input) => open(call, input, terms),
      async ticket(call) {
        const mine = await call.mineOf(call.actorId)
        if (mine?.amount !== undefined || call.state.ticketed !== true) return
        call.setMine(call.actorId, { ...mine, ticket: call.randomHex() })
      },
      async revoke(call) {
        if (call.state.phase === 'revoked') return
        if (call.state.phase !== 'open' || call.state.claimedCount > 0) call.fail('redpacket.not_revocable')
        await settle(call, 'revoked', terms)
      },
    },
    jobs: { expire: (call) => settle(call, 'expired', terms), pay: (call) => carryOut(call, terms.cash) },
    /** Money that waits, or that somebody has, is not to vanish from sight; cash may be on its way for long. */
    recallable: ({ phase, claimedCount }, { currency }) =>
      phase !== 'open' && claimedCount === 0 && currency !== cash ? true : 'redpacket.not_recallable',
  })
  return defineFeature({
    name: 'red-packet',
    migrations,
    cards: [card],
    endpoints: endpointsOf(terms),
    guards: [phraseGuard],
    reactions: [settlingOf(terms)],
    audits: [...ledgerAudits, ...audits],
  })
}

export default createRedPacket()
