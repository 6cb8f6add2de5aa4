/** The card of a flash sale in every state, and its form. */
import type { MineOf, StateOf } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import { aMessage, aView, cardFace, createFixture, fixtureGroupId, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { flashRefusals, type flashSale } from '../contract.ts'
import * as product from '../../../trade/product/ui/index.tsx'
import { FlashSaleCard } from './card.tsx'
import { FlashSaleForm } from './compose.tsx'
import { bodyOf, emptyDraft, faultsOf } from './draft.ts'

const minute = 60_000
const body = {
  productId: 'guji',
  title: '古吉 200 克',
  merchant: { merchantId: 'camellia', name: '山茶咖啡' },
  refunds: '七天内可退',
  priceFen: 5_800,
  originalPriceFen: 8_800,
  stock: 20,
  perMember: 2,
  url: 'https://shop.example/pay?item=1',
  startsAt: fixtureNow - minute,
  publicStartsAt: fixtureNow + 60 * minute,
  endsAt: fixtureNow + 120 * minute,
}
const on: StateOf<typeof flashSale> = { phase: 'on', left: 7, soldCount: 3 }
interface Scene {
  readonly state?: StateOf<typeof flashSale>
  readonly mine?: MineOf<typeof flashSale>
  readonly now?: number
  readonly locale?: 'zh-CN' | 'en'
}
function show({ state = on, mine, now = fixtureNow, locale = 'zh-CN' }: Scene = {}) {
  const message = aMessage(7, 'wang', 'flash-sale', body, { state })
  const client = createFixture({ userId: 'li', views: [aView([message])], now: () => now })
  const { face, acts } = cardFace(FlashSaleCard, { client, message, mine, locale })
  render(face)
  return acts
}
afterEach(cleanup)

test('[FS9] it shows price, usual price, what is left, and who begins early', () => {
  show()
  expect(screen.getByText('¥58.00')).toBeTruthy()
  expect(screen.getByText('¥88.00').closest('s')).toBeTruthy()
  expect(screen.getByRole('meter', { name: '剩 7 件' }).getAttribute('aria-valuenow')).toBe('7')
  expect(screen.getByText('群成员早抢 1 小时 1 分')).toBeTruthy()
})
test('[FS3] one takes as many as one chose, up to the limit', async () => {
  const acts = show()
  fireEvent.click(screen.getByRole('button', { name: '增加' }))
  expect(screen.getByRole('button', { name: '增加' }).hasAttribute('disabled')).toBe(true)
  fireEvent.click(screen.getByRole('button', { name: '立即抢' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'take', input: { quantity: 2 } }]))
})
test('[FS1] before its time it waits, after its end it steps back', () => {
  show({ now: fixtureNow - 5 * minute })
  expect(screen.getByRole('button', { name: '立即抢' }).hasAttribute('disabled')).toBe(true)
  cleanup()
  show({ state: { phase: 'ended', left: 7, soldCount: 3 } })
  expect(screen.getAllByRole('button').map((one) => one.textContent)).toEqual(['规则'])
  expect(screen.getByText('抢购已结束')).toBeTruthy()
})
test('[FS5] a hold leads to the checkout with its name, and can be given up', async () => {
  const hold = { holdId: `hold_${'a'.repeat(24)}`, quantity: 1, until: fixtureNow + 5 * minute }
  const acts = show({ mine: { hold, boughtCount: 0 }, locale: 'en' })
  expect(screen.getByRole('link', { name: 'Pay now' }).getAttribute('href')).toBe(
    `https://shop.example/pay?item=1&hold=${hold.holdId}&group=${fixtureGroupId}&seq=7`,
  )
  fireEvent.click(screen.getByRole('button', { name: 'Give up the hold' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'release', input: {} }]))
})
test('[FS2] sold out says that pieces may come back', () => {
  show({ state: { phase: 'on', left: 0, soldCount: 3 } })
  expect(screen.getByText(/已抢完 · 未付款的会放回/)).toBeTruthy()
})

const guji = { productId: 'guji', title: '古吉 200 克', priceFen: 8_800, floorFen: 5_000, stock: 40 }
test('[FS1] [MER4] the form marks what is missing, offers the catalogue with floor and stock, and makes a sale of it', async () => {
  const client = createFixture({ userId: 'wang', views: [aView([])], now: () => fixtureNow })
  client.answers['products.offerable'] = () => ({ products: [{ ...guji, url: '/p/guji', state: 'on' }] })
  const { face, posted: bodies } = formFace(FlashSaleForm, { client, features: [product] })
  render(face)
  fireEvent.click(screen.getByRole('button', { name: '发布抢购' }))
  await screen.findAllByText('必填')
  fireEvent.click(await screen.findByRole('button', { name: /^选择 古吉 200 克/ }))
  expect(screen.getByText('底价 ¥50.00 · 库存 40')).toBeTruthy()
  fireEvent.change(screen.getByLabelText('抢购价（元）'), { target: { value: '58' } })
  fireEvent.click(screen.getByRole('button', { name: '发布抢购' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  const sale = { productId: 'guji', priceFen: 5_800, originalPriceFen: 8_800, publicStartsAt: null, stock: 20 }
  expect(bodies[0]).toMatchObject(sale)
  const later = bodyOf({ ...emptyDraft('七天内可退'), lead: '60', startsIn: '30' }, fixtureNow)
  expect(later.publicStartsAt).toBe(later.startsAt + 60 * minute)
})

test('[MER4] the form says what the server would: not below the floor, not without one, no more than there are', () => {
  const faults = (more: object, of: object = {}) =>
    faultsOf({ ...emptyDraft('七天内可退'), product: { ...guji, ...of }, price: '58', ...more })
  expect(faults({})).toEqual({})
  expect(faults({ price: '49.99' })).toMatchObject({ price: { en: 'Below the floor of the product' } })
  expect(faults({ price: '88' })).toMatchObject({ price: { en: 'It must be below the list price' } })
  expect(faults({}, { floorFen: null })).toMatchObject({ price: { en: expect.stringContaining('no floor') } })
  expect(faults({ stock: '41' })).toMatchObject({ stock: { en: 'More than there are' } })
  expect(faults({ stock: '41' }, { stock: null })).toEqual({})
})

test('[MER5] the form takes a campaign for its budget', () => {
  const filled = { ...emptyDraft('七天内可退'), product: guji, price: '58' }
  expect(faultsOf({ ...filled, campaign: '春 节' })).toMatchObject({
    campaign: { en: expect.stringContaining('Letters') },
  })
  expect(faultsOf({ ...filled, campaign: ' spring ' })).toEqual({})
  expect(bodyOf({ ...filled, campaign: ' spring ' }, fixtureNow).campaign).toBe('spring')
  expect(bodyOf(filled, fixtureNow)).not.toHaveProperty('campaign')
})
test('[MER5] where no room is left in a budget, the form says so and keeps what was typed', async () => {
  const client = createFixture({ userId: 'wang', views: [aView([])], now: () => fixtureNow })
  client.answers['products.offerable'] = () => ({ products: [{ ...guji, url: '/p/guji', state: 'on' }] })
  const { title } = flashRefusals['budget.exhausted']
  const submit = () => Promise.reject(Object.assign(new Error('refused'), { problem: { title } }))
  render(
    <QunProvider client={client} locale="zh-CN" features={[product]}>
      <FlashSaleForm group={client.groupOf(fixtureGroupId)} submit={submit} close={() => undefined} />
    </QunProvider>,
  )
  fireEvent.click(await screen.findByRole('button', { name: /^选择 古吉 200 克/ }))
  fireEvent.change(screen.getByLabelText('抢购价（元）'), { target: { value: '58' } })
  fireEvent.click(screen.getByRole('button', { name: '发布抢购' }))
  expect(await screen.findByText(title['zh-CN'])).toBeTruthy()
  expect(screen.getByLabelText<HTMLInputElement>('抢购价（元）').value).toBe('58')
})
test('[FS13] a void sale says so, and its hold leads to no checkout', () => {
  const hold = { holdId: `hold_${'a'.repeat(24)}`, quantity: 1, until: fixtureNow + 5 * minute }
  show({ state: { phase: 'ended', void: true, left: 7, soldCount: 3 }, mine: { hold, boughtCount: 0 } })
  expect(screen.getByText('活动已失效：商品或商家已停止销售')).toBeTruthy()
  expect(screen.queryByRole('link')).toBeNull()
})
test('[E-22] the rules name who offers what, how many, at which price, when, for whom and how refunds go', async () => {
  show()
  fireEvent.click(screen.getByRole('button', { name: '规则' }))
  const sheet = await screen.findByRole('dialog', { name: '规则' })
  const lines = ['山茶咖啡', '20 件', '抢购价 ¥58.00，店铺标价 ¥88.00', '每人限 2 件', '七天内可退']
  for (const line of lines) expect(sheet.textContent).toContain(line)
  expect(faultsOf({ ...emptyDraft(' '), product: guji, price: '58' })).toHaveProperty('refunds')
})
test('a page that embeds the chat takes the checkout over', () => {
  const hold = { holdId: `hold_${'a'.repeat(24)}`, quantity: 1, until: fixtureNow + 5 * minute }
  show({ mine: { hold, boughtCount: 0 } })
  const asked: unknown[] = []
  const take = (event: Event) => {
    asked.push((event as CustomEvent).detail)
    event.preventDefault()
  }
  addEventListener('qun:checkout', take)
  const wentOn = fireEvent.click(screen.getByRole('link', { name: '去付款' }))
  removeEventListener('qun:checkout', take)
  expect(asked).toEqual([{ kind: 'flash-sale', id: hold.holdId, groupId: fixtureGroupId, seq: 7 }])
  expect(wentOn).toBe(false)
})
