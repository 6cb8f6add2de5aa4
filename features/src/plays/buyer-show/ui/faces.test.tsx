/** The card of a buyer show with and without its badge, and its form. */
import type { StateOf } from '@qun/contract'
import type { Talk } from '@qun/ui'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
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

describe('pictures from the phone', () => {
  interface Asked {
    readonly name: string
    readonly show: (share: number) => void
    readonly signal: AbortSignal
    readonly done: (mediaId: string) => Promise<void>
    readonly refuse: (retry: string, title: string) => Promise<void>
  }
  function open(locale: 'zh-CN' | 'en' = 'zh-CN') {
    const own = aMessage(3, 'li', 'image', { mediaId, w: 100, h: 100 })
    const client = createFixture({ userId: 'li', views: [aView([own])], now: () => fixtureNow })
    client.answers['buyerShows.orders'] = () => ({ orders: [] })
    const asked: Asked[] = []
    const taking = {
      ...talk,
      uploadPicture: (...[, , { name }, show, signal]: Parameters<NonNullable<Talk['uploadPicture']>>) =>
        new Promise<{ mediaId: string }>((resolve, reject) => {
          asked.push({
            name,
            show,
            signal,
            done: (id) => act(async () => resolve({ mediaId: id })),
            refuse: (retry, title) =>
              act(async () => reject(Object.assign(new Error(title), { problem: { code: 'media.x', retry, title } }))),
          })
        }),
    }
    const { face, posted } = formFace(BuyerShowForm, { client, features: [{ talk: taking }], locale })
    const { container, unmount } = render(face)
    const inputs = () => [...container.querySelectorAll<HTMLInputElement>('input[type=file]')]
    const choose = (...names: string[]) =>
      act(async () => {
        const files = names.map((name) => new File(['x'], name, { type: name.endsWith('pdf') ? 'x/pdf' : 'image/png' }))
        fireEvent.change(inputs()[0] ?? container, { target: { files } })
      })
    return { asked, posted, inputs, choose, unmount }
  }
  const write = () => fireEvent.change(screen.getByLabelText('说说使用感受'), { target: { value: '很香' } })
  const publish = () => fireEvent.click(screen.getByRole('button', { name: '发布晒单' }))
  const idOf = (n: number) => `med_${String(n).repeat(32)}`

  test('[BS7] [BS8] the album or the camera; they upload while one writes, and the show is posted with them', async () => {
    const { asked, posted, inputs, choose } = open()
    expect(inputs().map((input) => [input.multiple, input.accept, input.getAttribute('capture')])).toEqual([
      [true, 'image/jpeg,image/png,image/webp,image/gif', null],
      [false, 'image/*', 'environment'],
    ])
    await choose('a.png', 'b.png')
    act(() => asked[0]?.show(0.42))
    expect(screen.getByRole('progressbar', { name: '正在上传图片 42%' })).toBeTruthy()
    await asked[0]?.done(idOf(1))
    expect(screen.getAllByRole('progressbar')).toHaveLength(1)
    write()
    publish()
    await screen.findByText('图片还在上传，请稍候')
    expect(posted).toEqual([])
    await asked[1]?.done(idOf(2))
    fireEvent.click(screen.getByRole('button', { name: '图片 1' }))
    expect(screen.queryByRole('button', { name: '添加图片' })).toBeNull()
    publish()
    const pictures = [{ mediaId: idOf(1) }, { mediaId: idOf(2) }, { seq: 3, mediaId }]
    await waitFor(() => expect(posted).toEqual([{ text: '很香', stars: 5, pictures }]))
  })
  test('[BS7] three at most, with those posted before; what is no picture is not taken', async () => {
    const { asked, choose } = open('en')
    fireEvent.click(screen.getByRole('button', { name: 'Picture 1' }))
    await choose('a.pdf', 'b.png')
    expect(asked.map((one) => one.name)).toEqual(['b.png'])
    await choose('c.png', 'd.png')
    expect(asked.map((one) => one.name)).toEqual(['b.png', 'c.png'])
    expect(screen.queryByRole('button', { name: 'Add photos' })).toBeNull()
    fireEvent.click(screen.getByRole('button', { name: 'Remove photo 2' }))
    expect(asked[1]?.signal.aborted).toBe(true)
    expect(screen.getByRole('button', { name: 'Add photos' })).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Picture 1' }))
    await choose('e.png', 'f.png')
    expect(screen.getByRole('button', { name: 'Picture 1' }).hasAttribute('disabled')).toBe(true)
  })
  test('[BS7] one that failed says why, and is uploaded again or removed before the show is posted', async () => {
    const { asked, posted, choose } = open()
    await choose('a.png', 'b.gif.png')
    await asked[0]?.refuse('later', '今日上传已达上限')
    await asked[1]?.refuse('after-change', '图片不能超过 20 MB')
    expect(screen.getByText('图片 1：今日上传已达上限')).toBeTruthy()
    expect(screen.getByText('图片 2：图片不能超过 20 MB')).toBeTruthy()
    expect(screen.queryByRole('button', { name: '重新上传: 图片 2' })).toBeNull()
    write()
    publish()
    await screen.findByText('有图片未上传成功，请重试或移除')
    fireEvent.click(screen.getByRole('button', { name: '移除图片 2' }))
    fireEvent.click(screen.getByRole('button', { name: '重新上传: 图片 1' }))
    expect(asked.map((one) => one.name)).toEqual(['a.png', 'b.gif.png', 'a.png'])
    await asked[2]?.done(idOf(1))
    expect(screen.queryByText('图片 1：今日上传已达上限')).toBeNull()
    publish()
    await waitFor(() => expect(posted).toMatchObject([{ pictures: [{ mediaId: idOf(1) }] }]))
  })
  test('[BS8] leaving the form ends what is on its way', async () => {
    const { asked, choose, unmount } = open()
    await choose('a.png')
    unmount()
    expect(asked[0]?.signal.aborted).toBe(true)
  })
})
