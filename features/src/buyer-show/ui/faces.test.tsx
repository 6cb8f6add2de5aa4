/** The card of a buyer show with and without its badge, and its form. */
import type { StateOf } from '@qun/contract'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { buyerShow } from '../contract.ts'
import { BuyerShowCard } from './card.tsx'
import { BuyerShowForm } from './compose.tsx'

const mediaId = `med_${'a'.repeat(32)}`
const body = { text: '杏子味很明显', stars: 4, orderId: 'o1', pictures: [{ seq: 3, mediaId }] }
const verified: StateOf<typeof buyerShow> = { verified: true, items: [{ title: '古吉 200 克' }], likeCount: 3 }
const talk = {
  write: () => ({ card: {} as never, body: {} }),
  textOf: () => undefined,
  Picture: ({ alt }: { alt: string }) => <img alt={alt} src="data:," />,
}
const features = [{ talk }]
function show(state = verified, liked?: boolean, locale: 'zh-CN' | 'en' = 'zh-CN') {
  const message = aMessage(7, 'li', 'buyer-show', body, { state })
  const client = createFixture({ userId: 'zhao', views: [aView([message])], now: () => fixtureNow })
  const { face, acts } = cardFace(BuyerShowCard, {
    client,
    message,
    mine: liked === undefined ? undefined : { liked },
    locale,
    features,
  })
  render(face)
  return acts
}
afterEach(cleanup)

test('[BS1] the badge stands with what was bought; without a real order it is not there', () => {
  show()
  expect(screen.getByText('已验证购买')).toBeTruthy()
  expect(screen.getByText('古吉 200 克')).toBeTruthy()
  expect(screen.getByRole('img', { name: '4 星' })).toBeTruthy()
  cleanup()
  show({ ...verified, verified: false })
  expect(screen.queryByText('已验证购买')).toBeNull()
})
test('[BS5] a like is given and taken back', async () => {
  const acts = show(verified, undefined, 'en')
  fireEvent.click(screen.getByRole('button', { name: '3 likes', pressed: false }))
  await waitFor(() => expect(acts).toEqual([{ action: 'like', input: { on: true } }]))
  cleanup()
  const back = show(verified, true, 'en')
  fireEvent.click(screen.getByRole('button', { name: '3 likes', pressed: true }))
  await waitFor(() => expect(back).toEqual([{ action: 'like', input: { on: false } }]))
})
test('[BS6] [BS7] the form offers own orders and own pictures, and needs words', async () => {
  const own = aMessage(3, 'li', 'image', { mediaId, w: 100, h: 100 })
  const other = aMessage(4, 'zhao', 'image', { mediaId: `med_${'b'.repeat(32)}`, w: 100, h: 100 })
  const client = createFixture({ userId: 'li', views: [aView([own, other])], now: () => fixtureNow })
  client.answers['buyerShows.orders'] = () => ({
    orders: [{ orderId: 'o1', status: 'received', at: fixtureNow, items: [{ title: '古吉 200 克' }] }],
  })
  const { face, posted: bodies } = formFace(BuyerShowForm, { client, features })
  render(face)
  await screen.findByRole('option', { name: '古吉 200 克' })
  fireEvent.click(screen.getByRole('button', { name: '发布晒单' }))
  await screen.findByText('必填')
  fireEvent.change(screen.getByLabelText('说说使用感受'), { target: { value: '很香' } })
  fireEvent.change(screen.getByLabelText('晒哪个订单'), { target: { value: 'o1' } })
  fireEvent.click(screen.getByRole('radio', { name: '4 星' }))
  expect(screen.getAllByRole('button', { name: /^图片/ })).toHaveLength(1)
  fireEvent.click(screen.getByRole('button', { name: '图片 1' }))
  fireEvent.click(screen.getByRole('button', { name: '发布晒单' }))
  await waitFor(() =>
    expect(bodies).toEqual([{ text: '很香', stars: 4, orderId: 'o1', pictures: [{ seq: 3, mediaId }] }]),
  )
})
