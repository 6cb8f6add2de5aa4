/** The card in every state for everybody who sees it, and the form. */
import type { BodyOf, MineOf, StateOf } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import { aMessage, aView, cardFace, createFixture, fixtureGroupId, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import type { groupBuy, Team } from '../contract.ts'
import * as product from '../../../trade/product/ui/index.tsx'
import { GroupBuyCard } from './card.tsx'
import { GroupBuyForm } from './compose.tsx'

type Body = BodyOf<typeof groupBuy>
type State = StateOf<typeof groupBuy>
type Mine = MineOf<typeof groupBuy>
const minute = 60_000
const body: Body = {
  productId: 'roll',
  title: '海盐卷',
  merchant: { merchantId: 'camellia', name: '山茶咖啡' },
  refunds: '七天内可退',
  singlePriceFen: 2_900,
  stock: 20,
  ladder: [{ size: 3, priceFen: 1_900 }],
  perMember: 1,
  teamMs: 60 * minute,
  endsAt: fixtureNow + 600 * minute,
  late: 'refund',
  url: '/checkout?sku=7',
}
const team = (teamNo: number, leaderId: string, more: Partial<Team> = {}): Team => ({
  teamNo,
  leaderId: leaderId as never,
  leaderName: leaderId,
  faces: [leaderId as never],
  paidCount: 1,
  heldCount: 0,
  until: fixtureNow + 43 * minute,
  ...more,
})
const on: State = {
  phase: 'on',
  left: 8,
  heldCount: 0,
  teamCount: 2,
  openCount: 2,
  completedCount: 0,
  soldCount: 0,
  teams: [team(1, 'zhao', { faces: ['zhao', 'sun'] as never, paidCount: 2 }), team(2, 'sun')],
}
const placeId = `place_${'0'.repeat(24)}`
const held: Mine = {
  place: { placeId, teamNo: 1, quantity: 1, status: 'held', until: fixtureNow + 14 * minute },
  boughtCount: 0,
}
const paidIn = (teamNo: number): Mine => ({
  place: { placeId, teamNo, quantity: 1, status: 'paid', until: fixtureNow + 43 * minute },
  boughtCount: 0,
})

interface Scene {
  readonly state?: State
  readonly mine?: Mine
  readonly body?: Partial<Body>
  readonly userId?: string
  readonly role?: 'owner' | 'member'
  readonly now?: number
  readonly locale?: 'zh-CN' | 'en'
}
function show({
  state = on,
  mine,
  userId = 'li',
  role = 'member',
  now = fixtureNow,
  locale = 'zh-CN',
  ...more
}: Scene = {}) {
  const told = { ...body, ...more.body }
  const message = aMessage(7, 'wang', 'group-buy', told, { state })
  const client = createFixture({ userId, views: [aView([message])], now: () => now })
  const { face, acts } = cardFace(GroupBuyCard, { client, message, mine, role, locale })
  render(face)
  return { acts, client }
}
const button = (name: string | RegExp) => screen.queryByRole('button', { name })
afterEach(cleanup)

describe('the card', () => {
  it('shows both prices and the open teams, and lets one in', async () => {
    const { acts } = show()
    expect(screen.getByText('¥19.00')).toBeTruthy()
    expect(screen.getByText('¥29.00')).toBeTruthy()
    expect(screen.getByText('还差 1 人')).toBeTruthy()
    fireEvent.click(button('去参团: 赵阿姨的团') as HTMLElement)
    await waitFor(() => expect(acts).toEqual([{ action: 'join', input: { teamNo: 1, quantity: 1 } }]))
    fireEvent.click(button('开团 ¥19.00') as HTMLElement)
    await waitFor(() => expect(acts).toHaveLength(2))
  })
  it('offers no way into a team whose places are kept', () => {
    show({ state: { ...on, teams: [team(1, 'zhao', { paidCount: 2, heldCount: 1 })], openCount: 1 } })
    expect(screen.getByText('付款中')).toBeTruthy()
    expect(button(/去参团/)).toBeNull()
  })
  it('with a kept place, leads to the checkout and lets one give up', async () => {
    const { acts } = show({ mine: held })
    const pay = screen.getByRole('link', { name: '去支付 ¥19.00' })
    expect(pay.getAttribute('href')).toBe(`/checkout?sku=7&place=${placeId}&group=${fixtureGroupId}&seq=7`)
    expect(button(/开团/)).toBeNull()
    fireEvent.click(button('放弃名额') as HTMLElement)
    await waitFor(() => expect(acts).toEqual([{ action: 'release', input: {} }]))
  })
  it('offers a new place when the kept one is over', () => {
    show({ mine: held, now: fixtureNow + 14 * minute })
    expect(button('开团 ¥19.00')).toBeTruthy()
  })
  it('in a team, says what is missing and invites; a leader who is alone may leave', async () => {
    const { acts } = show({ mine: paidIn(2), userId: 'sun' })
    expect(screen.getByText('还差 2 人成团')).toBeTruthy()
    expect(button('喊人来拼')).toBeTruthy()
    fireEvent.click(button('退出并退款') as HTMLElement)
    fireEvent.click(screen.getAllByRole('button', { name: '退出并退款' }).at(-1) as HTMLElement)
    await waitFor(() => expect(acts).toEqual([{ action: 'withdraw', input: {} }]))
    cleanup()
    show({ mine: paidIn(1), userId: 'zhao' })
    expect(button('退出并退款')).toBeNull()
  })
  it('asks for the own team when the card does not show it', async () => {
    const client = createFixture({ userId: 'li', views: [aView([])] })
    client.answers['groupBuys.teams'] = () => ({ teams: [team(12, 'li')], openCount: 12 })
    const message = aMessage(7, 'wang', 'group-buy', body, { state: on })
    render(
      <QunProvider client={client} locale="zh-CN">
        <GroupBuyCard
          {...{ body, message, state: on, mine: paidIn(12), act: async () => {}, now: fixtureNow, locale: 'zh-CN' }}
          viewer={{ userId: 'li', role: 'member' }}
          group={client.open(fixtureGroupId)}
        />
      </QunProvider>,
    )
    expect(await screen.findByText('还差 2 人成团')).toBeTruthy()
    expect(client.calls).toContainEqual(
      expect.objectContaining({
        name: 'groupBuys.teams',
        input: expect.objectContaining({ query: { after: 11, limit: 1 } }),
      }),
    )
  })
  it('with a ladder says the team is on and what the next step saves', () => {
    const ladder = [
      { size: 2, priceFen: 1_900 },
      { size: 5, priceFen: 1_500 },
    ]
    show({ body: { ladder }, mine: paidIn(1), userId: 'zhao' })
    expect(screen.getByText('已成团')).toBeTruthy()
    expect(screen.getByText(/再来 3 人，每件 ¥15.00/)).toBeTruthy()
  })
  it('tells what became of the last team', () => {
    show({ mine: { place: null, boughtCount: 2, outcome: { teamNo: 1, what: 'completed', amountFen: 1_500 } } })
    expect(screen.getByText('拼团成功，每件 ¥15.00，共 2 件')).toBeTruthy()
    cleanup()
    show({ mine: { place: null, boughtCount: 0, outcome: { teamNo: 1, what: 'refunded', amountFen: 1_900 } } })
    expect(screen.getByText('没有成团，¥19.00 已原路退回')).toBeTruthy()
  })
  it('sold out, over, cancelled: no way in, and why', () => {
    show({ state: { ...on, left: 0 } })
    expect(screen.getByText(/已拼完/)).toBeTruthy()
    expect(button(/开团|去参团/)).toBeNull()
    cleanup()
    show({ now: body.endsAt })
    expect(screen.getByText('已结束')).toBeTruthy()
    expect(button(/开团|去参团/)).toBeNull()
    cleanup()
    show({ state: { ...on, phase: 'cancelled', teams: [], cancelled: { reason: '断货', at: fixtureNow } } })
    expect(screen.getByText(/断货/)).toBeTruthy()
  })
  it('lets those who run the group cancel it, with a reason', async () => {
    const { acts } = show({ userId: 'wang', role: 'owner' })
    fireEvent.click(button('玩法与规则') as HTMLElement)
    fireEvent.click(button('取消拼团') as HTMLElement)
    fireEvent.change(screen.getByLabelText('原因（所有成员可见）'), { target: { value: '断货' } })
    fireEvent.click(screen.getAllByRole('button', { name: '取消拼团' }).at(-1) as HTMLElement)
    await waitFor(() => expect(acts).toEqual([{ action: 'cancel', input: { reason: '断货' } }]))
  })
  it('[E-22] its rules name who offers what, how many, at which price, when, for whom and how refunds go', async () => {
    show()
    fireEvent.click(button('玩法与规则') as HTMLElement)
    const sheet = await screen.findByRole('dialog', { name: '玩法与规则' })
    const lines = ['山茶咖啡', '海盐卷', '20 件', '3 人 ¥19.00；单买 ¥29.00', '每人限 1 件', '七天内可退']
    for (const line of lines) expect(sheet.textContent).toContain(line)
  })
  it('[GB18] says of a void offer that it is', () => {
    show({ state: { ...on, phase: 'ended', void: true } })
    expect(screen.getByText('活动已失效：商品或商家已停止销售')).toBeTruthy()
    expect(button('开团 ¥19.00')).toBeNull()
  })
  it('speaks English as well', () => {
    show({ locale: 'en', mine: paidIn(2), userId: 'sun' })
    expect(screen.getByText('2 people more to buy')).toBeTruthy()
  })
})

describe('the form', () => {
  function compose() {
    const client = createFixture({ userId: 'wang', views: [aView([])] })
    const roll = { productId: 'roll', title: '海盐卷', priceFen: 2_900, floorFen: 1_500, stock: 30, url: '/p/roll' }
    client.answers['products.offerable'] = () => ({ products: [{ ...roll, state: 'on' }] })
    const { face, posted } = formFace(GroupBuyForm, { client, features: [product] })
    render(face)
    return posted
  }
  const type = (label: string, value: string, at = 0) =>
    fireEvent.change(screen.getAllByLabelText(label).at(at)!, { target: { value } })
  const pick = async () => fireEvent.click(await screen.findByRole('button', { name: /^选择 海盐卷/ }))
  it('[MER4] [MER5] publishes a ladder of a product of the catalogue', async () => {
    const posted = compose()
    await pick()
    type('每件价（元）', '19')
    fireEvent.click(button('再加一档') as HTMLElement)
    type('每件价（元）', '15.5', 1)
    type('活动名称，计入其预算（选填）', '春 节')
    fireEvent.click(button('发布拼团') as HTMLElement)
    expect(await screen.findByText('只能用字母、数字和 _ . -')).toBeTruthy()
    type('活动名称，计入其预算（选填）', 'spring')
    fireEvent.click(button('发布拼团') as HTMLElement)
    await waitFor(() => expect(posted).toHaveLength(1))
    expect(posted[0]).toMatchObject({
      productId: 'roll',
      campaign: 'spring',
      singlePriceFen: 2_900,
      stock: 20,
      ladder: [
        { size: 3, priceFen: 1_900 },
        { size: 5, priceFen: 1_550 },
      ],
      teamMs: 24 * 60 * minute,
      endsAt: fixtureNow + 3 * 24 * 60 * minute,
    })
  })
  it('[MER4] publishes nothing that does not fit, and says where', async () => {
    const posted = compose()
    fireEvent.click(button('发布拼团') as HTMLElement)
    await screen.findAllByText('必填')
    await pick()
    for (const [price, fault] of [
      ['29', '拼团价要低于单买价'],
      ['14.99', '低于商品底价'],
    ] as const) {
      type('每件价（元）', price)
      fireEvent.click(button('发布拼团') as HTMLElement)
      expect(await screen.findByText(fault)).toBeTruthy()
    }
    type('每件价（元）', '19')
    type('拼团数量', '31')
    expect(await screen.findByText('超过商品库存')).toBeTruthy()
    expect(posted).toEqual([])
  })
})
