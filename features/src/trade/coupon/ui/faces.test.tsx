/** The offer in every state, the form, and the viewer's own coupons with their code. */
import type { BodyOf, MineOf, StateOf } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import {
  aGroup,
  aMessage,
  aView,
  cardFace,
  createFixture,
  fixtureGroupId,
  fixtureNow,
  formFace,
  type FixtureClient,
  type settable,
} from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { coupon, Coupon, Terms } from '../contract.ts'
import { CouponCard } from './card.tsx'
import { CouponForm } from './compose.tsx'
import { bodyOf, emptyDraft, faultsOf } from './draft.ts'
import faces, { sections } from './index.tsx'
import { scopeText, thresholdText, validText, worthOf, worthText } from './texts.ts'
import { WalletSection } from './wallet-sheet.tsx'

const day = 86_400_000
const terms: Terms = {
  kind: 'full',
  amountFen: 1_000,
  thresholdFen: 5_000,
  total: 100,
  perUser: 2,
  claim: { from: fixtureNow - day, until: fixtureNow + day },
  validity: { mode: 'relative', afterDays: 0, forDays: 7 },
  note: '每桌限用一张',
  url: 'https://shop.example/cart',
}
type State = StateOf<typeof coupon>
const on: State = {
  stockId: `cps_${'0'.repeat(24)}`,
  status: 'active',
  total: 100,
  left: 40,
  claimedCount: 60,
  perDay: null,
  day: null,
  claimUntil: fixtureNow + day,
  sweepAt: null,
}
const id = (n: number) => `cpn_${String(n).padStart(24, '0')}`
const aCoupon = (patch: Partial<Coupon> = {}): Coupon => ({
  couponId: id(1),
  stockId: on.stockId,
  title: '老友券',
  terms,
  state: 'issued',
  validFrom: fixtureNow - day,
  validUntil: fixtureNow + 6 * day,
  orderId: null,
  lockedUntil: null,
  claimedAt: fixtureNow - day,
  usedAt: null,
  isReminded: false,
  groupId: fixtureGroupId,
  merchantId: 'camellia',
  ...patch,
})
const hold = (client: FixtureClient, coupons: readonly Coupon[], abilities: readonly string[] = []) =>
  (client.records as ReturnType<typeof settable<ReadonlyMap<string, unknown>>>).set(
    new Map<string, unknown>([
      ['merchant-staff/camellia', { body: { post: '店长', name: '山茶咖啡', abilities } }],
      ...coupons.map((body) => {
        const row = { row: 'record', kind: 'coupon', key: body.couponId, version: 1, body }
        return [`coupon/${body.couponId}`, row] as const
      }),
    ]),
  )
const mineOf = (count: number): MineOf<typeof coupon> => ({
  coupons: Array.from({ length: count }, (_, n) => ({
    couponId: id(n + 1),
    validFrom: fixtureNow - day,
    validUntil: fixtureNow + 6 * day,
  })),
})
interface Scene {
  readonly state?: Partial<State>
  readonly body?: Partial<Terms>
  /** What the card says beside title and terms. */
  readonly told?: Pick<BodyOf<typeof coupon>, 'contact' | 'merchant'>
  readonly mine?: MineOf<typeof coupon>
  readonly held?: readonly Coupon[]
  readonly now?: number
  readonly locale?: 'zh-CN' | 'en'
  readonly viewer?: 'li' | 'wang'
  /** What the viewer may do for the shop. */
  readonly abilities?: readonly string[]
}
function show(scene: Scene = {}) {
  const { mine, held = [], now = fixtureNow, locale = 'zh-CN', viewer = 'li' } = scene
  const state = { ...on, ...scene.state }
  const told = scene.told ?? { contact: '021-5555 0100', merchant: { merchantId: 'camellia', name: '山茶咖啡' } }
  const body = { title: '老友券', terms: { ...terms, ...scene.body }, ...told }
  const message = aMessage(7, 'wang', 'coupon', body, { state })
  const view = aView([message], { group: aGroup({ merchantPath: ['camellia'] }) })
  const client = createFixture({ userId: viewer, views: [view], now: () => now })
  hold(client, held, scene.abilities ?? (viewer === 'wang' ? ['issue'] : []))
  const { face, acts } = cardFace(CouponCard, {
    client,
    message,
    mine,
    role: viewer === 'wang' ? 'owner' : 'member',
    locale,
  })
  render(face)
  return { acts, client }
}
afterEach(cleanup)

test('[CP10] the kind has a face, a form and a section in both languages', () => {
  expect(faces.map((face) => face.card.kind)).toEqual(['coupon'])
  expect(Object.keys(faces[0]?.label ?? {})).toEqual(['zh-CN', 'en'])
  expect(sections.map(({ name, order }) => [name, order])).toEqual([['coupon', 320]])
})
test('[C1] the offer shows worth, threshold, scope, time and what is left, and is claimed', async () => {
  const { acts } = show()
  expect(screen.getByText('10').textContent).toBe('10')
  expect(screen.getByText('满 ¥50 可用')).toBeTruthy()
  expect(screen.getByText('满减券 · 全场通用')).toBeTruthy()
  expect(screen.getByText('领取后 7 天内有效')).toBeTruthy()
  expect(screen.getByRole('meter', { name: '剩 40 张' }).getAttribute('aria-valuemax')).toBe('100')
  fireEvent.click(screen.getByRole('button', { name: '立即领取' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'claim', input: {} }]))
})
test.each([
  ['已领完', { left: 0 }, fixtureNow],
  ['领取已暂停', { status: 'paused' as const }, fixtureNow],
  ['活动已结束', {}, fixtureNow + day],
  ['活动已结束', { status: 'ended' as const }, fixtureNow],
  ['立即领取', {}, fixtureNow - 2 * day],
  ['今日已领完，明天再来', { perDay: 5, day: { key: '2026-03-04', left: 0 } }, fixtureNow],
])('[C8] [CP19] %s: the button says why it waits', (label, state, now) => {
  show({ state, now })
  expect(screen.getByRole('button', { name: label }).hasAttribute('disabled')).toBe(true)
})
test('[CP19] a day that is over stands in nobody’s way', () => {
  show({ state: { perDay: 5, day: { key: '2026-03-03', left: 0 } } })
  expect(screen.getByRole('button', { name: '立即领取' }).hasAttribute('disabled')).toBe(false)
})
test('[C2] who has one uses it, sees it, or claims the next as long as they may', () => {
  show({ mine: mineOf(1), held: [aCoupon()] })
  expect(screen.getByText('已领取')).toBeTruthy()
  expect(screen.getByRole('link', { name: '去使用' }).getAttribute('href')).toBe(
    `https://shop.example/cart?coupon=${id(1)}`,
  )
  expect(screen.getByRole('button', { name: '再领一张' })).toBeTruthy()
  cleanup()
  show({ mine: mineOf(2), held: [aCoupon({ couponId: id(2) })] })
  expect(screen.queryByRole('button', { name: '再领一张' })).toBeNull()
  cleanup()
  show({ mine: mineOf(2) })
  expect(screen.getByText('已使用或失效')).toBeTruthy()
  expect(screen.queryByRole('button', { name: /领/ })).toBeNull()
})
test('[MER2] who runs the group and gives nothing of the shop is offered neither', async () => {
  show({ viewer: 'wang', locale: 'en', abilities: ['talk-as', 'manage'] })
  fireEvent.click(screen.getByRole('button', { name: 'Terms' }))
  await screen.findByText('老友券 · ¥10')
  expect(screen.queryByRole('button', { name: 'Pause' })).toBeNull()
})
test('[C7] the terms are told to all; who runs the group pauses and ends', async () => {
  const { acts } = show({ viewer: 'wang', locale: 'en' })
  fireEvent.click(screen.getByRole('button', { name: 'Terms' }))
  await screen.findByText('老友券 · ¥10')
  expect(screen.getByText('每桌限用一张')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Pause' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'manage', input: { status: 'paused' } }]))
  cleanup()
  show()
  fireEvent.click(screen.getByRole('button', { name: '使用说明' }))
  await screen.findByText('未过期则退回')
  expect(screen.queryByRole('button', { name: '暂停领取' })).toBeNull()
})
async function rules(scene: Scene = {}) {
  show(scene)
  const name = scene.locale === 'en' ? 'Terms' : '使用说明'
  fireEvent.click(screen.getByRole('button', { name }))
  const sheet = within(await screen.findByRole('dialog', { name }))
  return (line: string) => sheet.getByText(line, { selector: 'dt' }).nextElementSibling?.textContent
}
test('[E-22] [CP28] the terms name who offers what, how many, to whom, for what, until when, after a refund, and whom to ask', async () => {
  const told = await rules({ body: { audience: { newDays: 7 }, perDay: 20, scope: { categories: ['咖啡'] } } })
  expect(told('主办方')).toBe('山茶咖啡')
  expect(told('优惠')).toBe('老友券 · ¥10')
  expect(told('数量')).toBe('共 100 张 · 每天 20 张')
  expect(told('条件')).toBe('满 ¥50 可用 · 新成员（入群 7 天内）')
  expect(told('适用范围')).toBe('限咖啡')
  expect(told('领取时间')).toMatch(/ – /)
  expect(told('有效期')).toBe('领取后 7 天内有效')
  expect(told('每人限领')).toBe('每人 2 张')
  expect(told('退款后')).toBe('未过期则退回')
  expect(told('转让')).toBe('仅限本人使用，不可转让，不兑换现金')
  expect(told('联系方式')).toBe('021-5555 0100')
})
test('[E-22] [CP28] in English as well; of the host’s own the platform offers; one from before says what it has', async () => {
  const own = await rules({
    told: { contact: 'a@b.example', merchant: { merchantId: 'main', name: '' } },
    locale: 'en',
  })
  const lines = ['Offered by', 'Conditions', 'Good for', 'Passing it on', 'Contact']
  expect(lines.map(own)).toEqual([
    ...['The platform', 'From ¥50 · Everybody in the group', 'All goods'],
    ...['For its holder alone; not passed on, not paid out', 'a@b.example'],
  ])
  cleanup()
  const old = await rules({ told: {} })
  expect([old('主办方'), old('联系方式'), old('条件')]).toEqual(['未说明', '未说明', '满 ¥50 可用 · 群里所有人'])
})
test('[E-22] [CP28] the form marks each line of the rules that would say nothing', () => {
  const draft = { ...emptyDraft, amount: '5', threshold: '50' }
  const required = { en: 'Required' }
  expect(faultsOf({ ...draft, title: ' ', contact: '' })).toMatchObject({ title: required, contact: required })
  expect(Object.keys(faultsOf({ ...draft, title: '券', contact: ' ' }))).toEqual(['contact'])
  expect(faultsOf({ ...draft, title: '券', contact: '店内' })).toEqual({})
})

function openWallet(held: readonly Coupon[]) {
  const client = createFixture({ userId: 'li', views: [aView([])], now: () => fixtureNow })
  hold(client, held)
  render(
    <QunProvider client={client} locale="zh-CN">
      <WalletSection />
    </QunProvider>,
  )
  fireEvent.click(screen.getByRole('button', { name: /我的优惠券/ }))
  return client
}
test('[C10] [CP17] one’s own coupons, a fresh code for each opening, and a word once it is redeemed', async () => {
  const client = openWallet([aCoupon()])
  let asked = 0
  client.answers['coupons.showCode'] = () => {
    asked++
    return { code: `1234567890123456789${asked}`, expiresAt: fixtureNow + 600_000 }
  }
  expect(screen.getByText('1 张可用')).toBeTruthy()
  fireEvent.click(await screen.findByRole('button', { name: /老友券/ }))
  await screen.findByText('1234 5678 9012 3456 7891')
  await screen.findByRole('img', { name: '券码' })
  fireEvent.click(screen.getByRole('button', { name: '刷新券码' }))
  await screen.findByText('1234 5678 9012 3456 7892')
  hold(client, [])
  await screen.findByText('已核销')
  expect(screen.queryByRole('img', { name: '券码' })).toBeNull()
})
test('[CP14] [C6] what ends soon and what an order holds are marked; the others are read by pages', async () => {
  const client = openWallet([
    aCoupon({ isReminded: true }),
    aCoupon({ couponId: id(2), state: 'locked', orderId: 'o1', lockedUntil: fixtureNow + 60_000 }),
    aCoupon({ couponId: id(3), validUntil: fixtureNow }),
  ])
  client.answers['coupons.mine'] = (request) => {
    const isNext = (request as { query: { cursor?: string } }).query.cursor !== undefined
    const used = aCoupon({ couponId: id(isNext ? 5 : 4), state: 'used', usedAt: fixtureNow })
    return { coupons: [used], cursor: isNext ? null : `1~${id(4)}` }
  }
  expect(await screen.findByText('即将过期')).toBeTruthy()
  expect(screen.getByText('订单占用中')).toBeTruthy()
  expect(screen.getAllByRole('button', { name: /老友券/ })).toHaveLength(2)
  fireEvent.click(screen.getByRole('tab', { name: '已使用' }))
  await screen.findByText(/使用$/, { selector: '.qun-ticket__line' })
  fireEvent.click(screen.getByRole('button', { name: '加载更多' }))
  await waitFor(() =>
    expect(client.calls.at(-1)).toMatchObject({ input: { query: { list: 'used', cursor: `1~${id(4)}` } } }),
  )
})

test('[CP12] the form marks what is missing, shows the coupon, and makes an offer of the rest', async () => {
  const client = createFixture({ userId: 'wang', views: [aView([])], now: () => fixtureNow })
  const { face, posted: bodies } = formFace(CouponForm, { client })
  render(face)
  fireEvent.click(screen.getByRole('button', { name: '发到群里' }))
  await screen.findByText('必填')
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
  type('券名称', '老友券')
  type('减免金额（元）', '10')
  type('满多少可用（元）', '9')
  await screen.findByText('不能低于减免金额')
  type('满多少可用（元）', '50')
  expect(screen.getByRole('figure', { name: '预览' }).textContent).toContain('满 ¥50 可用')
  fireEvent.click(screen.getByRole('button', { name: '发到群里' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(bodies[0]).toMatchObject({
    title: '老友券',
    contact: '群内 @管理员',
    terms: { kind: 'full', amountFen: 1_000, thresholdFen: 5_000 },
  })
})
test('[CP12] drafts of every kind say what is wrong, and hold only what is theirs', () => {
  const draft = { ...emptyDraft, title: '券', contact: '店内' }
  expect(Object.keys(faultsOf({ ...draft, kind: 'percent', percent: '101', cap: '5' }))).toEqual(['percent'])
  expect(Object.keys(faultsOf({ ...draft, kind: 'percent', percent: '10', cap: '0' }))).toEqual(['cap'])
  expect(Object.keys(faultsOf({ ...draft, kind: 'exchange' }))).toEqual([...['cap', 'exchangeName', 'exchangeSku']])
  expect(Object.keys(faultsOf({ ...draft, kind: 'shipping' }))).toEqual(['amount'])
  expect(Object.keys(faultsOf({ ...draft, kind: 'direct', amount: '0' }))).toEqual(['amount'])
  expect(faultsOf({ ...draft, kind: 'shipping', perDay: '101', url: 'http://x' })).toMatchObject({
    perDay: { en: 'It cannot be more than there are' },
    url: { en: 'Enter an https address' },
  })
  const made = bodyOf(
    { ...draft, kind: 'percent', percent: '33.33', amount: '5', cap: '9', skus: 'a，b a' },
    fixtureNow,
  )
  expect(made.terms).toMatchObject({ offBp: 3_333, capFen: 900, scope: { skus: ['a', 'b'] } })
  expect(made.terms).not.toHaveProperty('amountFen')
})
test('[CP15] words of every kind in both languages', () => {
  const { amountFen: _a, thresholdFen: _t, ...bare } = terms
  const percent: Terms = { ...bare, kind: 'percent', offBp: 1_500, capFen: 2_050 }
  expect([worthOf(percent, 'zh-CN'), worthOf(percent, 'en')]).toEqual([
    { main: '8.5', after: '折' },
    { main: '15', after: '% off' },
  ])
  expect(worthText(percent)).toEqual({ 'zh-CN': '8.5折，最多减 ¥20.50', en: '15% off, at most ¥20.50' })
  expect(worthText({ ...bare, kind: 'shipping' })).toEqual({ 'zh-CN': '免运费', en: 'Free shipping' })
  const exchange: Terms = { ...bare, kind: 'exchange', exchange: { sku: 'a', name: '可颂' } }
  expect([worthText(exchange).en, scopeText(exchange).en]).toEqual(['One 可颂', 'For 可颂'])
  expect(thresholdText(percent).en).toBe('No minimum')
  expect(scopeText({ ...bare, scope: { skus: ['a'], categories: ['咖啡'], stores: ['s', 't'] } })).toEqual({
    'zh-CN': '限咖啡 · 限 1 款商品 · 限 2 家门店',
    en: 'For 咖啡 · One product · 2 stores',
  })
  const later: Terms = { ...bare, validity: { mode: 'relative', afterDays: 1, forDays: 1 } }
  expect(validText(later, String).en).toBe('Valid 1 day, from day 2')
  const fixed: Terms = { ...bare, validity: { mode: 'absolute', from: 1, until: 2 } }
  expect(validText(fixed, String)).toEqual({ 'zh-CN': '1 – 2', en: '1 – 2' })
})
