/**
 * [V11] What the plays of before left in stores, planted one by one into one that real calls made: the auditor of the
 * shipped features names each, by its rule.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { DAY, HOUR, type BodyOf, type UserId } from '@qun/contract'
import { features } from '@qun/chat/server'
import { checkIn } from '@qun/features/plays/check-in/contract'
import { flashSale, payHold } from '@qun/features/plays/flash-sale/contract'
import { bindOrder, groupBuy, payPlace } from '@qun/features/plays/group-buy/contract'
import { coupon, lockCoupons, useCoupons, type Terms } from '@qun/features/trade/coupon/contract'
import { grantPoints } from '@qun/features/trade/points/contract'
import { putProduct } from '@qun/features/trade/product/contract'
import { textMessage, uploadImage } from '@qun/features/words/message/contract'
import { transfer } from '@qun/ledger'
import { readConfig } from '@qun/server'
import { appId, shopId, startWorld, type At, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { prove } from './doctor.ts'

const id = (name: string) => name as UserId
const li = id('li')

// ── a store that real calls made ──
async function sellFlash(w: World): Promise<At> {
  const now = w.time.now()
  const at = await w.as('wang').post(w.groupId, flashSale, {
    ...{ productId: 'guji', priceFen: 5_800, stock: 30, perMember: 2, refunds: '七天内可退' },
    ...{ startsAt: now, publicStartsAt: now, endsAt: now + HOUR },
  })
  const holdOf = async (who: string) => {
    await w.as(who).act(at, flashSale, 'take', { quantity: 1 })
    return (await w.as(who).mine<typeof flashSale>(at))?.hold?.holdId ?? ''
  }
  for (const [who, orderId] of [
    ['li', 'f1'],
    ['sun', 'f2'],
  ] as const)
    await w.asServer().call(payHold, { params: { ...at, holdId: await holdOf(who) }, body: { orderId } })
  await holdOf('zhao')
  await w.as('zhao').act(at, flashSale, 'release', {})
  return at
}
async function sellTogether(w: World): Promise<At> {
  const at = await w.as('wang').post(w.groupId, groupBuy, {
    ...{ productId: 'guji', refunds: '七天内可退', stock: 30, ladder: [{ size: 2, priceFen: 5_900 }], perMember: 2 },
    ...{ teamMs: HOUR, endsAt: w.time.now() + DAY, late: 'refund' as const },
  })
  const pay = (who: string, orderId: string) =>
    w.asServer().call(payPlace, { params: at, body: { userId: id(who), orderId } })
  await w.as('li').act(at, groupBuy, 'start', { quantity: 1 })
  await pay('li', 'g1')
  await w.as('zhao').act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 })
  await pay('zhao', 'g2')
  await w.as('sun').act(at, groupBuy, 'start', { quantity: 1 })
  await w.asServer().call(bindOrder, { params: at, body: { userId: id('sun'), orderId: 'g3' } })
  return at
}
const programme = (milestones: BodyOf<typeof checkIn>['milestones'], proof: 'photo' | 'none') => ({
  ...{ title: '早起', opens: 0, closes: 1_440, mode: 'cumulative' as const },
  ...{ milestones, proof, makeUps: 0, leaderboard: false },
})
const onePixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
async function checkInWithPicture(w: World): Promise<At> {
  const at = await w.as('wang').post(w.groupId, checkIn, programme([{ days: 1, points: 5 }], 'photo'))
  const bytes = Buffer.from(onePixel, 'base64')
  const body = { bytes, contentType: 'image/png' as const }
  const { mediaId } = await w.as('li').call(uploadImage, { params: { groupId: w.groupId }, body })
  await w.as('li').act(at, checkIn, 'check', { mediaId })
  return at
}
async function giveCoupons(w: World): Promise<void> {
  const now = w.time.now()
  const terms: Terms = {
    ...{ kind: 'percent', offBp: 2_000, capFen: 700, total: 30, perUser: 5 },
    ...{ claim: { from: now, until: now + DAY }, validity: { mode: 'relative', afterDays: 0, forDays: 3 } },
  }
  const at = await w.as('wang').post(w.groupId, coupon, { title: '老友券', contact: '店内', terms })
  for (const who of ['li', 'li', 'zhao']) await w.as(who).act(at, coupon, 'claim', {})
  const [first] = (await w.as('li').mine<typeof coupon>(at))?.coupons ?? []
  const basket = { lines: [{ lineId: 'a', sku: 'latte', unitFen: 3_000, quantity: 2 }] }
  const params = { orderId: 'c1' }
  await w.asServer().call(lockCoupons, { params, body: { userId: li, couponIds: [first?.couponId ?? ''], basket } })
  await w.asServer().call(useCoupons, { params, body: {} })
}
/** All of it by calls that are let through today. */
async function trade(w: World) {
  const body = { merchantId: shopId, title: '古吉', priceFen: 8_800, floorFen: 5_000, url: '/p/guji' }
  await w.asServer().call(putProduct, { params: { productId: 'guji' }, body })
  const [sale, together, programmeAt] = [await sellFlash(w), await sellTogether(w), await checkInWithPicture(w)]
  await giveCoupons(w)
  await w.asServer().call(grantPoints, { body: { ref: 'g', userId: li, amount: 10 } })
  const friends = await w.makeFriendsGroup(['li', 'zhao'])
  const among = await w.as('li').post(friends, checkIn, programme([], 'none'))
  await w.as('li').act(among, checkIn, 'check', {})
  const said = await w.as('li').post(friends, textMessage, { text: '一起早起' })
  await w.settle()
  return { sale, together, programme: programmeAt, among, said }
}

// ── what the plays of before left behind ──
type Left = Awaited<ReturnType<typeof trade>>
interface Fault {
  /** Its row of what was found, and how it came about. */
  readonly name: string
  readonly plant: (left: Left) => readonly string[]
  /** The rule and a part of the row, of each difference the auditor has to tell. */
  readonly told: (left: Left) => readonly string[]
}
const here = ({ groupId, seq }: At) => `app_id = '${appId}' AND group_id = '${groupId}' AND seq = ${seq}`
const placeOf = ({ groupId, seq }: At) => `${appId}/${groupId}/${seq}`
/** A fact as the group's own next one. */
const fact = ({ groupId }: At, name: string, data: object) => `
  WITH next AS (UPDATE groups SET last_fact = last_fact + 1 WHERE app_id = '${appId}' AND group_id = '${groupId}'
    RETURNING last_fact, last_at)
  INSERT INTO facts (app_id, group_id, fact_seq, name, at, data)
  SELECT '${appId}', '${groupId}', last_fact, '${name}', last_at, '${JSON.stringify(data)}' FROM next`
const setBody = (at: At, path: string, value: unknown) => `
  UPDATE messages SET body = jsonb_set(body::jsonb, '${path}', '${JSON.stringify(value)}')::json WHERE ${here(at)}`

const faults: readonly Fault[] = [
  {
    name: 'V1 a check-in among friends pays a hundred thousand points',
    plant: ({ among }) => [setBody(among, '{milestones}', [{ days: 1, points: 100_000 }])],
    told: ({ among }) => [`MER9: ${placeOf(among)}: check-in by li, in a friends’ group`],
  },
  {
    name: 'V1 its points, which count against no cap',
    plant: () => [],
    told: ({ among: { groupId, seq } }) => {
      const ref = `${appId} check-in/${groupId}/${seq}/1/li gave 100000`
      return [`MER9: ${ref} points, in a friends’ group`, `CI10: ${ref}, counts 0`]
    },
  },
  {
    name: 'V2 a coupon of all there is, offered among friends',
    plant: ({ among }) => [
      `INSERT INTO coupon_stocks (app_id, stock_id, title, terms, status, total, per_user, claim_from, claim_until,
          group_id, merchant_id, created_at)
        SELECT app_id, 'cps_old', title, terms - 'capFen' || '{"offBp": 10000}', status, total, per_user, claim_from,
          claim_until, '${among.groupId}', 'main', created_at FROM coupon_stocks`,
      `INSERT INTO coupon_offers VALUES ('${appId}', 'cps_old', '${among.groupId}', ${among.seq})`,
    ],
    told: ({ among }) => [`MER9: ${placeOf(among)} offers cps_old of main`],
  },
  {
    name: 'V2 a coupon of the shop that takes off without end',
    plant: () => [`UPDATE coupon_stocks SET terms = terms - 'capFen' WHERE stock_id <> 'cps_old'`],
    told: () => ['V2: shop/cps_'],
  },
  {
    name: 'V3 ten holds of one person, taken and given up one after another, all paid',
    plant: ({ sale }) => [
      `INSERT INTO flash_sale_holds (app_id, group_id, seq, hold_id, user_id, quantity, until, status, order_id, at)
        SELECT '${appId}', '${sale.groupId}', ${sale.seq}, 'old' || n, 'zhao', 1, 1, 'sold', 'f-old' || n, 1
        FROM generate_series(1, 10) n`,
      `INSERT INTO flash_sale_orders (app_id, order_id, group_id, seq, hold_id)
        SELECT app_id, order_id, group_id, seq, hold_id FROM flash_sale_holds WHERE starts_with(hold_id, 'old')`,
    ],
    told: ({ sale }) => [`FS3: ${placeOf(sale)}: zhao has 10`, `FS9: the pieces of ${placeOf(sale)}`],
  },
  {
    name: 'V3 a hold that was given up, and paid',
    plant: ({ sale }) => [
      fact(sale, 'flash-sale.sold', { seq: sale.seq, userId: 'zhao', quantity: 1, orderId: 'f-old1' }),
    ],
    told: ({ sale }) => [`FS6: ${placeOf(sale)}: zhao paid for 1, kept 0`],
  },
  {
    name: 'V3 a hold that was paid after its time and the end of the sale',
    plant: () => [`UPDATE facts SET at = at + ${DAY} WHERE name = 'flash-sale.sold' AND data->>'orderId' = 'f1'`],
    told: ({ sale }) => [`FS8: ${placeOf(sale)}: `],
  },
  {
    name: 'V3 an order that was refunded first and paid then',
    plant: () => [`UPDATE flash_sale_orders SET ended_at = 1 WHERE order_id = 'f2'`],
    told: () => ['FS7: shop/'],
  },
  {
    name: 'V3 one order for two holds',
    plant: () => [`UPDATE flash_sale_orders SET hold_id = 'old2' WHERE order_id = 'f-old1'`],
    told: () => ['FS10: shop order f-old1 paid for old1, is bound to old2'],
  },
  {
    name: 'V4 the shop’s product for nothing, among friends',
    plant: ({ said }) => [
      `UPDATE messages SET kind = 'flash-sale', body = '{"productId":"guji","priceFen":0,"stock":1000}', state = NULL
        WHERE ${here(said)}`,
    ],
    told: ({ said }) => [`MER9: ${placeOf(said)}: flash-sale by li, in a friends’ group`],
  },
  {
    name: 'V4 a price below the floor',
    plant: ({ sale }) => [
      setBody(sale, '{priceFen}', 0),
      `UPDATE flash_sale_offers SET price_fen = 0 WHERE ${here(sale)}`,
    ],
    told: ({ sale }) => [`MER4: the prices of ${placeOf(sale)}`, `MER5: the cut of ${placeOf(sale)} counts 90000`],
  },
  {
    name: 'V4 a product that is somebody else’s',
    plant: ({ together }) => [`UPDATE group_buy_offers SET merchant_id = 'next' WHERE ${here(together)}`],
    told: ({ together }) => [`MER4: the prices of ${placeOf(together)}`],
  },
  {
    name: 'V5 a team that is captured for an order that was cancelled',
    plant: () => [`UPDATE group_buy_orders SET ended_at = 1 WHERE order_id = 'g1'`],
    told: () => ['GB12: shop order g1 ended and is won', 'GB12: shop order g1 ended and is to be captured'],
  },
  {
    name: 'V6 two orders for one place, the first of them paid, and neither captured nor voided',
    plant: () => [
      `UPDATE group_buy_orders SET paid_at = 1 WHERE order_id = 'g3'`,
      `INSERT INTO group_buy_orders (app_id, order_id, group_id, seq, place_id)
        SELECT app_id, 'g4', group_id, seq, place_id FROM group_buy_orders WHERE order_id = 'g3'`,
    ],
    told: () => ['V6: shop order g3 paid for place_'],
  },
  {
    name: 'V8 an order that took two of one stack group',
    plant: () => [
      `UPDATE coupon_items SET state = 'used', order_id = 'c1', used_at = claimed_at
        WHERE user_id = 'li' AND state = 'issued'`,
    ],
    told: () => ['V8: shop/order c1: 2 of default, may have 1'],
  },
  {
    name: 'MER9 a coupon that is used by an order that was cancelled',
    plant: () => [`UPDATE coupon_orders SET ended_at = 1 WHERE order_id = 'c1'`],
    told: () => ['MER9: shop/cpn_'],
  },
  {
    name: 'MER9 a coupon that was used twice',
    plant: () => [`UPDATE facts SET name = 'coupon.used' WHERE name = 'coupon.locked'`],
    told: () => ['MER9: shop/cpn_'],
  },
  {
    name: 'V9 a picture that never was',
    plant: () => {
      const mediaId = `med_${'a'.repeat(32)}`
      return [
        `UPDATE check_in_pictures SET media_id = '${mediaId}'`,
        `UPDATE check_in_days SET proof = jsonb_set(proof::jsonb, '{mediaId}', '${JSON.stringify(mediaId)}')::json
          WHERE proof IS NOT NULL`,
      ]
    },
    told: ({ programme: at }) => [`V9: picture med_${'a'.repeat(32)} of li on 2026-01-01 in ${placeOf(at)} is none`],
  },
]

// ── what the doctor says ──
/** Each difference as `rule: row`. */
function differencesIn(said: readonly string[]): string[] {
  let rule = ''
  return said.flatMap((line) => {
    const [, found] = /^(?:ok {2}|BAD) +(\S+) /.exec(line) ?? []
    if (found !== undefined) rule = found
    return line.startsWith('       ') ? [`${rule}: ${line.trim()}`] : []
  })
}
async function proveHere(w: World): Promise<{ code: number; found: string[]; last: string }> {
  const said: string[] = []
  const config = readConfig({ QUN_DATABASE_URL: w.url, QUN_SECRET_KEY: 'ab'.repeat(32) }).config
  const code = await prove(config, (text) => void said.push(text))
  return { code, found: differencesIn(said), last: said.at(-1) ?? '' }
}
/** The ledger takes no row but by its own hand. */
const mint = (w: World, { groupId, seq }: At) =>
  w.store.transaction(appId, (tx) =>
    transfer(
      { tx, appId, now: w.time.now(), randomHex: (bytes = 16) => 'ab'.repeat(bytes) },
      {
        ...{ ref: `check-in/${groupId}/${seq}/1/li`, currency: 'points', reason: 'check-in.milestone', groupId },
        legs: [
          { account: 'issuer/check-in', amount: -100_000 },
          { account: 'user/li', amount: 100_000 },
        ],
      },
    ),
  )

test('[V11] [MER9] the doctor finds nothing in what real calls made, and names each fault of the plays of before', async () => {
  const w = await startWorld({ features, watching: [] })
  const left = await trade(w)
  expect(await proveHere(w)).toMatchObject({ code: 0, found: [], last: expect.stringMatching(/ 0 differences$/) })
  let before: readonly string[] = []
  const all: string[] = []
  for (const { name, plant, told } of faults) {
    if (name.startsWith('V1 its points')) await mint(w, left.among)
    for (const one of plant(left)) await w.plant(one)
    const { code, found } = await proveHere(w)
    const fresh = found.filter((one) => !before.includes(one))
    const wanted = told(left).map((one) => expect.stringContaining(one))
    expect({ name, code, fresh }).toEqual({ name, code: 1, fresh: expect.arrayContaining(wanted) })
    all.push(...told(left))
    before = found
  }
  // As an operator types it, beside the running server.
  const typed = spawnSync(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'doctor', '--check'], {
    env: { ...process.env, QUN_DATABASE_URL: w.url, QUN_SECRET_KEY: 'ab'.repeat(32) },
    encoding: 'utf8',
  })
  const found = differencesIn(typed.stdout.split('\n'))
  expect([typed.status, all.filter((one) => !found.some((line) => line.includes(one)))]).toEqual([1, []])
  await expect(w[Symbol.asyncDispose]()).rejects.toThrow('the world does not hold')
})
