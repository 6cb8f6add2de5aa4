/** The card of a flash sale in every state, and its form. */
import type { MineOf, StateOf } from '@qun/contract'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { flashSale } from '../contract.ts'
import { FlashSaleCard } from './card.tsx'
import { FlashSaleForm } from './compose.tsx'
import { bodyOf, emptyDraft, faultsOf } from './draft.ts'

const minute = 60_000
const body = {
  title: '古吉 200 克',
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
  expect(screen.queryByRole('button')).toBeNull()
  expect(screen.getByText('抢购已结束')).toBeTruthy()
})
test('[FS5] a hold leads to the checkout with its name, and can be given up', async () => {
  const hold = { holdId: `hold_${'a'.repeat(24)}`, quantity: 1, until: fixtureNow + 5 * minute }
  const acts = show({ mine: { hold, boughtCount: 0 }, locale: 'en' })
  expect(screen.getByRole('link', { name: 'Pay now' }).getAttribute('href')).toBe(
    `https://shop.example/pay?item=1&hold=${hold.holdId}`,
  )
  fireEvent.click(screen.getByRole('button', { name: 'Give up the hold' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'release', input: {} }]))
})
test('[FS2] sold out says that pieces may come back', () => {
  show({ state: { phase: 'on', left: 0, soldCount: 3 } })
  expect(screen.getByText(/已抢完 · 未付款的会放回/)).toBeTruthy()
})
test('[FS1] the form marks what is missing and makes a sale of the rest', async () => {
  const client = createFixture({ userId: 'wang', views: [aView([])], now: () => fixtureNow })
  const { face, posted: bodies } = formFace(FlashSaleForm, { client })
  render(face)
  fireEvent.click(screen.getByRole('button', { name: '发布抢购' }))
  await screen.findByText('必填')
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
  type('商品', '古吉 200 克')
  type('抢购价（元）', '58')
  type('原价（元）', '88')
  fireEvent.click(screen.getByRole('button', { name: '发布抢购' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(bodies[0]).toMatchObject({ priceFen: 5_800, originalPriceFen: 8_800, publicStartsAt: null, stock: 20 })
  expect(faultsOf({ ...emptyDraft, title: 'x', price: '9', original: '8' })).toMatchObject({
    price: { en: 'It must be below the usual price' },
  })
  const later = bodyOf({ ...emptyDraft, lead: '60', startsIn: '30' }, fixtureNow)
  expect(later.publicStartsAt).toBe(later.startsAt + 60 * minute)
})
