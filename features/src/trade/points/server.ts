/** Serves the wallet of points: glue between the contract, the rules and the ledger. */
import {
  budgetZone,
  givenBy,
  isTimeZone,
  memberDay,
  type BudgetKey,
  type GroupId,
  type LocalText,
  type RequestOf,
  type UserId,
} from '@qun/contract'
import { defineFeature, serveEndpoint, type Call, type Feature } from '@qun/core'
import {
  balanceOf,
  entriesOf,
  expire,
  findTransfer,
  ledgerAudits,
  ledgerMigrations,
  lotsOf,
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
  lotsShownMax,
  myPoints,
  myStatement,
  pointsOf,
  reversePoints,
  statementOf,
  type StatementEntry,
  type Wallet,
} from './contract.ts'
import { endOfMonth, titleOf } from './rules.ts'
import { keepTitle, migrations, titlesOf } from './store.ts'

const currency = 'points'
const issuer = 'issuer/points'
/** People cleared of what has lapsed after each movement, so that it happens without anybody asking. */
const sweptPerMovement = 50
/** People one run of the timer clears; it runs again at once while others wait. */
const sweptPerRun = 200
const hourMs = 3_600_000
const accountOf = (userId: UserId) => `user/${userId}`
/** What the host did stands under refs of its own, so that a reversal never reaches another play's transfer. */
const refOf = (ref: string) => `points/${ref}`

// ── reading ──
async function walletOf(call: Call, userId: UserId): Promise<Wallet> {
  const account = accountOf(userId)
  const balance = await balanceOf(call, account, currency)
  const lots = await lotsOf(call, { account, currency, limit: lotsShownMax })
  return { balance, lots: lots.map(({ expiresAt, remaining }) => ({ expiresAt, amount: remaining })) }
}
const pageDefault = 30
/** [PO8] */
async function statement(
  call: Call,
  userId: UserId,
  page: { readonly before?: number; readonly limit?: number },
): Promise<{ entries: StatementEntry[]; more: boolean }> {
  const limit = page.limit ?? pageDefault
  const before = page.before === undefined ? {} : { before: page.before }
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

const grantIn = (budgetDays: string) =>
  serveEndpoint(grantPoints, async (call) => {
    const { body } = call
    const { userId, amount } = body
    if ((await call.findUser(userId)) === undefined) call.fail('user.not_found')
    const ref = refOf(body.ref)
    const before = await findTransfer(call, ref)
    // [PO6] What repeats a grant was counted with it, and is not refused because a budget is used up by now.
    if (before === undefined) await spend(call, { ref, currency, amount, against: budgetsOf(call, body, budgetDays) })
    const expiresAt = before === undefined ? expiryOf(call, body) : expiryAgain(body, before)
    const posted = await transfer(call, {
      ref,
      currency,
      reason: 'points.grant',
      ...placeOf(body),
      legs: [
        { account: body.fund === undefined ? issuer : `budget/${body.fund}`, amount: -amount },
        { account: accountOf(userId), amount, ...(expiresAt === undefined ? {} : { expiresAt }) },
      ],
    })
    return moved(call, body, posted, 'points.granted')
  })
/** [PO6] */
function budgetsOf({ now }: Call, { userId, staffId, campaign }: Grant, timeZone: string): BudgetKey[] {
  return [memberDay(userId, now, timeZone), ...givenBy({ userId: staffId ?? ('' as UserId), campaign }, now, timeZone)]
}
/** [PO3] */
function expiryOf(call: Call, { expiresAt, expiresInMonths, timeZone = budgetZone }: Grant): number | undefined {
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
async function moved(call: Call, movement: Movement, posted: Posted, fact: 'points.granted' | 'points.spent') {
  const { userId, amount, ref, title } = movement
  if (!posted.replayed) {
    if (title !== undefined) await keepTitle(call, refOf(ref), title)
    call.recordForApp(fact, { userId, amount, ref })
  }
  return { ...posted, balance: await balanceOf(call, accountOf(userId), currency) }
}

/** [PO1] [PO2] */
const deduct = serveEndpoint(deductPoints, async (call) => {
  const { body } = call
  const { userId, amount } = body
  if ((await call.findUser(userId)) === undefined) call.fail('user.not_found')
  const posted = await transfer(call, {
    ref: refOf(body.ref),
    currency,
    reason: 'points.deduct',
    ...placeOf(body),
    legs: [
      { account: accountOf(userId), amount: -amount },
      { account: issuer, amount },
    ],
  })
  return moved(call, body, posted, 'points.spent')
})
/** [PO5] [PO6] */
const takeBack = serveEndpoint(reversePoints, async (call) => {
  const { ref, by, title } = call.body
  const posted = await reverse(call, { ref: refOf(ref), by: refOf(by), reason: 'points.reverse' })
  if (!posted.replayed) {
    await unspend(call, refOf(ref))
    if (title !== undefined) await keepTitle(call, refOf(by), title)
    call.recordForApp('points.reversed', { ref, by })
  }
  return posted
})

// ── lapsing ──
/** [PO4] */
async function sweep(call: Call, limit: number): Promise<{ people: number; amount: number; more: boolean }> {
  const { expired, more } = await expire(call, { currency, to: issuer, limit })
  for (const { account, amount } of expired)
    if (account.startsWith('user/'))
      call.recordForApp('points.expired', { userId: account.slice('user/'.length), amount })
  return { people: expired.length, amount: expired.reduce((sum, one) => sum + one.amount, 0), more }
}

// ── funds ──
const fill = serveEndpoint(fundPoints, async (call) => {
  const { ref, fund, amount } = call.body
  const account = `budget/${fund}`
  const legs = [
    { account: issuer, amount: -amount },
    { account, amount },
  ]
  const { replayed } = await transfer(call, { ref: refOf(`fund/${ref}`), currency, reason: 'points.fund', legs })
  return { balance: await balanceOf(call, account, currency), replayed }
})

export interface PointsOptions {
  /** Whose days budgets count. */
  readonly timeZone?: string
}
export function createPoints({ timeZone = budgetZone }: PointsOptions = {}): Feature {
  return defineFeature({
    name: 'points',
    migrations: [...ledgerMigrations, ...migrations],
    audits: ledgerAudits,
    endpoints: [
      serveEndpoint(myPoints, (call) => walletOf(call, call.actorId)),
      serveEndpoint(myStatement, (call) => statement(call, call.actorId, call.query)),
      serveEndpoint(pointsOf, (call) => walletOf(call, call.params.userId)),
      serveEndpoint(statementOf, (call) => statement(call, call.params.userId, call.query)),
      grantIn(timeZone),
      deduct,
      takeBack,
      serveEndpoint(expirePoints, (call) => sweep(call, expireMax)),
      fill,
    ],
    reactions: ['points.granted', 'points.spent'].map((on) => ({
      name: `points.lapse-after-${on.slice('points.'.length)}`,
      on,
      handle: async (call) => {
        await sweep(call, sweptPerMovement)
      },
    })),
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
}

export default createPoints()
