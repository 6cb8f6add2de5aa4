/** Serves the wallet of points: glue between the contract, the rules and the ledger. */
import {
  fundAccount,
  givenBy,
  isTimeZone,
  memberDay,
  programmeOf,
  type GroupId,
  type LocalText,
  type RequestOf,
  type UserId,
} from '@qun/contract'
import {
  defineFeature,
  giverNamed,
  issuerNamed,
  issuerOfGroup,
  serveEndpoint,
  type Call,
  type GroupIssuer,
} from '@qun/core'
import {
  balanceOf,
  balancesOf,
  currenciesDue,
  entriesOf,
  expire,
  findTransfer,
  ledgerAudits,
  ledgerMigrations,
  lockSpendings,
  lotsOf,
  refuseLedger,
  reverse,
  spend,
  transfer,
  unspend,
  type Posted,
  type Transfer,
} from '@qun/ledger'
import {
  deductPoints,
  expireMax,
  expirePoints,
  fundPoints,
  grantPoints,
  grantsPerOrderMax,
  lotsShownMax,
  myPoints,
  myStatement,
  myWallets,
  pointsOf,
  reversePoints,
  statementOf,
  walletsMax,
  type ProgrammeWallet,
  type StatementEntry,
  type Wallet,
} from './contract.ts'
import { fundRefOf, refOf } from './server-refs.ts'
import { endOfMonth, titleOf } from './rules.ts'
import { audits } from './server-audits.ts'
import { onOrder } from './server-orders.ts'
import {
  addOrderGrant,
  keepTitle,
  listOrderGrants,
  lockOrder,
  lockRef,
  lockTaken,
  migrations,
  namesOfProgrammes,
  titlesOf,
  type OrderRow,
} from './store.ts'

const issuerAccount = 'issuer/points'
const fundReason = 'points.fund'
/** People cleared of what has lapsed after each movement, so that it happens without anybody asking. */
const sweptPerMovement = 50
/** People one run of the timer clears; it runs again at once while others wait. */
const sweptPerRun = 200
const hourMs = 3_600_000
const accountOf = (userId: UserId) => `user/${userId}`

// ── reading ──
async function walletOf(call: Call, userId: UserId, currency: string): Promise<Wallet> {
  const account = accountOf(userId)
  const balance = await balanceOf(call, account, currency)
  const lots = await lotsOf(call, { account, currency, limit: lotsShownMax })
  return { balance, lots: lots.map(({ expiresAt, remaining }) => ({ expiresAt, amount: remaining })) }
}
/** [PO9] What is not zero, most first. */
async function walletsOf(call: Call, userId: UserId): Promise<ProgrammeWallet[]> {
  const held: { programme: string; balance: number }[] = []
  for (const [currency, balance] of await balancesOf(call, accountOf(userId))) {
    const programme = programmeOf(currency)
    if (programme !== undefined && balance > 0) held.push({ programme, balance })
  }
  const shown = held
    .toSorted((a, b) => b.balance - a.balance || (a.programme < b.programme ? -1 : 1))
    .slice(0, walletsMax)
  const names = await namesOfProgrammes(
    call,
    shown.map(({ programme }) => programme),
  )
  return shown.map((one) => ({ ...one, names: names.get(one.programme) ?? [] }))
}
const pageDefault = 30
interface Page {
  readonly before?: number
  readonly limit?: number
}
/** [PO8] */
async function statement(
  call: Call,
  of: { readonly userId: UserId; readonly currency: string },
  page: Page,
): Promise<{ entries: StatementEntry[]; more: boolean }> {
  const limit = page.limit ?? pageDefault
  const before = page.before === undefined ? {} : { before: page.before }
  const { userId, currency } = of
  const found = await entriesOf(call, { account: accountOf(userId), currency, ...before, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const titles = await titlesOf(
    call,
    shown.map(({ ref }) => ref),
  )
  const entries = shown.map(({ entryNo, amount, balanceAfter, reason, ref, at }) => ({
    ...{ entryNo, amount, balanceAfter, reason, at },
    title: titleOf({ reason, amount }, titles.get(ref)),
  }))
  return { entries, more: found.length > limit }
}
/** A friends' group has nobody whose points these would be. */
const mine = serveEndpoint(myPoints, async (call) => {
  const issuer = await issuerOfGroup(call, call.params.groupId)
  if (issuer === undefined) return { balance: 0, lots: [], programme: null }
  const programme = programmeOf(issuer.points) ?? null
  return { ...(await walletOf(call, call.actorId, issuer.points)), programme }
})
const myLines = serveEndpoint(myStatement, async (call) => {
  const issuer = await issuerOfGroup(call, call.params.groupId)
  if (issuer === undefined) return { entries: [], more: false }
  return statement(call, { userId: call.actorId, currency: issuer.points }, call.query)
})

// ── moving ──
type Grant = RequestOf<typeof grantPoints>
interface Movement {
  readonly ref: string
  readonly userId: UserId
  readonly amount: number
  readonly title?: LocalText
  readonly groupId?: GroupId
}
const placeOf = ({ groupId }: Movement) => (groupId === undefined ? {} : { groupId })

const grant = serveEndpoint(grantPoints, async (call) => {
  const { body } = call
  const { userId, amount } = body
  if ((await call.findUser(userId)) === undefined) call.fail('user.not_found')
  const ref = refOf(body.ref)
  // One grant is told of once at a time, also for two orders: the second finds what the first did.
  await lockRef(call, ref)
  // Its end waits for what it carries, and the other way round.
  const order = body.orderId === undefined ? undefined : await lockOrder(call, body.orderId, userId)
  const before = await findTransfer(call, ref)
  // [MER10] What repeats a grant was given already.
  const issuer = await (before === undefined ? giverNamed : issuerNamed)(call, body.merchantId)
  const currency = issuer.points
  // [PO6] What repeats a grant was counted with it, and is not refused because a budget is used up by now.
  if (before === undefined) {
    if (order !== undefined) await bindOrder(call, body, { order, currency })
    const giver = { userId: body.staffId ?? ('' as UserId), campaign: body.campaign }
    const against = [memberDay(issuer, userId, call.now), ...givenBy(issuer, giver, call.now)]
    await spend(call, { ref, currency, amount, against })
  }
  const expiresAt = before === undefined ? expiryOf(call, body, issuer) : expiryAgain(body, before)
  const from = body.fund === undefined ? issuerAccount : fundAccount(issuer.merchantId, body.fund)
  const posted = await transfer(call, {
    ref,
    currency,
    reason: 'points.grant',
    ...placeOf(body),
    legs: [
      { account: from, amount: -amount },
      { account: accountOf(userId), amount, ...(expiresAt === undefined ? {} : { expiresAt }) },
    ],
  })
  return moved(call, body, posted, issuer, 'points.granted')
})
/** [PO10] Refuses `points.order_invalid`: an order that ended, somebody else's, or one that carries too many. */
async function bindOrder(
  call: Call,
  { orderId = '', userId, ref, amount }: Grant,
  { order, currency }: { readonly order: OrderRow; readonly currency: string },
): Promise<void> {
  if (order.ended || order.userId !== userId) call.fail('points.order_invalid')
  if ((await listOrderGrants(call, orderId)).length >= grantsPerOrderMax) call.fail('points.order_invalid')
  await addOrderGrant(call, orderId, { ref: refOf(ref), currency, amount })
}
/** [PO3] Months end at the merchant's midnight unless the host names another zone. */
function expiryOf(call: Call, body: Grant, issuer: GroupIssuer): number | undefined {
  const { expiresAt, expiresInMonths, timeZone = issuer.timeZone } = body
  if (!isTimeZone(timeZone)) return call.fail('points.expiry_invalid')
  if (expiresAt === undefined && expiresInMonths === undefined) return undefined
  const at = expiresAt ?? endOfMonth(call.now, expiresInMonths ?? 0, timeZone)
  const isTwice = expiresAt !== undefined && expiresInMonths !== undefined
  return at === undefined || isTwice || at <= call.now ? call.fail('points.expiry_invalid') : at
}
/** [PO1] A retry in another month is the same grant: the end that the first one meant stands. */
function expiryAgain({ userId, expiresAt, expiresInMonths }: Grant, before: Transfer): number | undefined {
  if (expiresInMonths === undefined) return expiresAt
  return before.legs.find(({ account }) => account === accountOf(userId))?.expiresAt
}
async function moved(
  call: Call,
  movement: Movement,
  posted: Posted,
  { merchantId, points }: GroupIssuer,
  fact: 'points.granted' | 'points.spent',
) {
  const { userId, amount, ref, title } = movement
  if (!posted.replayed) {
    if (title !== undefined) await keepTitle(call, refOf(ref), title)
    call.recordForApp(fact, { merchantId, userId, amount, ref })
  }
  return { ...posted, balance: await balanceOf(call, accountOf(userId), points) }
}

/** [PO1] [PO2] */
const deduct = serveEndpoint(deductPoints, async (call) => {
  const { body } = call
  const { userId, amount } = body
  if ((await call.findUser(userId)) === undefined) call.fail('user.not_found')
  const issuer = await issuerNamed(call, body.merchantId)
  const posted = await transfer(call, {
    ref: refOf(body.ref),
    currency: issuer.points,
    reason: 'points.deduct',
    ...placeOf(body),
    legs: [
      { account: accountOf(userId), amount: -amount },
      { account: issuerAccount, amount },
    ],
  })
  return moved(call, body, posted, issuer, 'points.spent')
})
/** [PO5] [PO6] */
const takeBack = serveEndpoint(reversePoints, async (call) => {
  const { ref, by, title } = call.body
  // [PO10] Nothing goes back twice: what an ended order took of a grant stands for its reversal.
  if ((await lockTaken(call, refOf(ref))) > 0) throw refuseLedger('ledger.already_reversed', ref)
  await lockSpendings(call, [refOf(ref)])
  const posted = await reverse(call, { ref: refOf(ref), by: refOf(by), reason: 'points.reverse' })
  if (!posted.replayed) {
    await unspend(call, refOf(ref))
    if (title !== undefined) await keepTitle(call, refOf(by), title)
    call.recordForApp('points.reversed', { ref, by })
  }
  return posted
})

// ── lapsing ──
/** [PO4] Programme by programme, until so many people were cleared. */
async function sweep(call: Call, limit: number): Promise<{ people: number; amount: number; more: boolean }> {
  let [people, amount, more] = [0, 0, false]
  for (const currency of await currenciesDue(call)) {
    const programme = programmeOf(currency)
    if (programme === undefined) continue
    if (people >= limit) return { people, amount, more: true }
    const swept = await expire(call, { currency, to: issuerAccount, limit: limit - people })
    for (const one of swept.expired)
      if (one.account.startsWith('user/'))
        call.recordForApp('points.expired', {
          userId: one.account.slice('user/'.length),
          amount: one.amount,
          programme,
        })
    people += swept.expired.length
    amount += swept.expired.reduce((sum, one) => sum + one.amount, 0)
    more ||= swept.more
  }
  return { people, amount, more }
}

// ── funds ──
const fill = serveEndpoint(fundPoints, async (call) => {
  const { fund, amount, merchantId } = call.body
  const refs = fundRefOf(call.body.ref)
  const told = await findTransfer(call, refs.told)
  // What was filled under the name of before stays filled.
  const ref = told?.reason === fundReason ? refs.told : refs.ref
  const before = await findTransfer(call, ref)
  const issuer = await (before === undefined ? giverNamed : issuerNamed)(call, merchantId)
  const account = fundAccount(issuer.merchantId, fund)
  const legs = [
    { account: issuerAccount, amount: -amount },
    { account, amount },
  ]
  const currency = issuer.points
  const { replayed } = await transfer(call, { ref, currency, reason: fundReason, legs })
  return { balance: await balanceOf(call, account, currency), replayed }
})

export default defineFeature({
  name: 'points',
  migrations: [...ledgerMigrations, ...migrations],
  audits: [...ledgerAudits, ...audits],
  endpoints: [
    mine,
    myLines,
    serveEndpoint(myWallets, async (call) => ({ wallets: await walletsOf(call, call.actorId) })),
    serveEndpoint(pointsOf, async (call) => {
      const { points } = await issuerNamed(call, call.query.merchantId)
      return walletOf(call, call.params.userId, points)
    }),
    serveEndpoint(statementOf, async (call) => {
      const { merchantId, ...page } = call.query
      const { points } = await issuerNamed(call, merchantId)
      return statement(call, { userId: call.params.userId, currency: points }, page)
    }),
    grant,
    deduct,
    takeBack,
    serveEndpoint(expirePoints, (call) => sweep(call, expireMax)),
    fill,
  ],
  reactions: [
    ...['points.granted', 'points.spent'].map((on) => ({
      name: `points.lapse-after-${on.slice('points.'.length)}`,
      on,
      handle: async (call: Call) => {
        await sweep(call, sweptPerMovement)
      },
    })),
    onOrder,
  ],
  timers: [
    {
      name: 'points.lapse',
      everyMs: hourMs,
      async run(call) {
        if ((await sweep(call, sweptPerRun)).more) call.again()
      },
    },
  ],
})
