/** The card in every state, the form for each role, the shelf, and the offer for a pasted link. */
import type { BodyOf } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import { aMessage, aView, createFixture, fixtureGroupId, fixtureMembers, fixtureNow } from '@qun/ui/testing'
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { LiveProduct, product } from '../contract.ts'
import { ProductBuying, type Purchase } from './buying.ts'
import { ProductCard } from './card.tsx'
import { ProductForm } from './compose.tsx'
import { linkIn, PasteBanner } from './paste-banner.tsx'
import { ShelfSection } from './shelf-section.tsx'

type Body = BodyOf<typeof product>
const guji: LiveProduct = {
  productId: 'guji',
  title: '古吉 日晒',
  priceFen: 8_800,
  stock: 100,
  url: 'https://shop.example/p/guji',
  state: 'on',
}
const mug: LiveProduct = { ...guji, productId: 'mug', title: '山茶陶杯', priceFen: 6_800, url: '/p/mug' }
const recordOf = (kind: string, key: string, body: unknown) =>
  [`${kind}/${key}`, { row: 'record', kind, key, version: 1, body }] as const
function recordsOf(live: readonly LiveProduct[], shelf?: readonly string[]) {
  const rows = live.map((one) => recordOf('product-live', one.productId, one))
  return new Map([...rows, ...(shelf ? [recordOf('product-shelf', 'shelf', { productIds: shelf })] : [])]) as never
}
interface Scene {
  readonly live?: readonly LiveProduct[]
  readonly shelf?: readonly string[]
  readonly userId?: string
  readonly locale?: 'zh-CN' | 'en'
  readonly onBuy?: (purchase: Purchase) => void
}
const shared = (live: LiveProduct, priceFen = live.priceFen) => ({
  productId: live.productId,
  title: live.title,
  priceFen,
})
function stage(scene: Scene, body: Body = { items: [shared(guji)] }) {
  const { live = [guji], shelf, userId = 'li' } = scene
  const message = aMessage(7, 'wang', 'product', body)
  const client = createFixture({ userId, views: [aView([message], { records: recordsOf(live, shelf) })] })
  const role = fixtureMembers.find((member) => member.userId === userId)?.role ?? 'member'
  return { client, message, group: client.groupOf(fixtureGroupId), viewer: { userId, role } }
}
function wrap(client: ReturnType<typeof createFixture>, scene: Scene, node: React.ReactNode) {
  return render(
    <ProductBuying value={scene.onBuy}>
      <QunProvider client={client} locale={scene.locale ?? 'zh-CN'}>
        {node}
      </QunProvider>
    </ProductBuying>,
  )
}
function showCard(scene: Scene = {}, body?: Body) {
  const parts = stage(scene, body)
  const { client, message, group, viewer } = parts
  wrap(
    client,
    scene,
    <ProductCard
      body={message.body as Body}
      state={{}}
      mine={undefined}
      act={async () => {}}
      viewer={viewer}
      message={message}
      group={group}
      now={fixtureNow}
      locale={scene.locale ?? 'zh-CN'}
    />,
  )
  return parts
}
const relive = (parts: ReturnType<typeof stage>, live: readonly LiveProduct[]) =>
  act(() => parts.group.view.set({ ...parts.group.get(), records: recordsOf(live) }))
afterEach(cleanup)

describe('a card of one product', () => {
  it('shows title and price, and hands the host what to buy', () => {
    const onBuy = vi.fn()
    showCard({ onBuy })
    expect(screen.getByRole('heading', { name: '古吉 日晒' })).toBeTruthy()
    expect(screen.getByText('¥88.00')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '购买 古吉 日晒' }))
    expect(onBuy).toHaveBeenCalledWith({ productId: 'guji', groupId: fixtureGroupId, url: guji.url })
  })
  it('[PD4] follows the live price and strikes the one at posting', () => {
    const parts = showCard()
    expect(document.querySelector('s')).toBeNull()
    relive(parts, [{ ...guji, priceFen: 7_900 }])
    expect(screen.getByText('¥79.00')).toBeTruthy()
    expect(document.querySelector('s')?.textContent).toBe('原来的价格 ¥88.00')
  })
  it('tells the group’s price and what the shop asks of others', () => {
    showCard({ live: [{ ...guji, groupPriceFen: 8_000 }], locale: 'en' })
    expect(screen.getByText('¥80.00')).toBeTruthy()
    expect(screen.getByText('Group')).toBeTruthy()
    expect(screen.getByText('Shop ¥88.00')).toBeTruthy()
  })
  it('[PD5] [PD9] says how few are left, sold out, gone', () => {
    const parts = showCard({ live: [{ ...guji, stock: 3 }] })
    expect(screen.getByText('仅剩 3 件')).toBeTruthy()
    relive(parts, [{ ...guji, stock: 0 }])
    expect(screen.getByRole('button', { name: '已售罄' })).toHaveProperty('disabled', true)
    relive(parts, [{ ...guji, state: 'gone', stock: 5 }])
    expect(screen.getByRole('button', { name: '已下架' })).toHaveProperty('disabled', true)
    expect(screen.queryByText('仅剩 5 件')).toBeNull()
    expect(screen.getByRole('heading', { name: '古吉 日晒' })).toBeTruthy()
  })
  it('[PD10] without a record shows the price at posting, and says so', () => {
    showCard({ live: [] })
    expect(screen.getByText('¥88.00')).toBeTruthy()
    expect(screen.getByText('发布时的价格，以店铺为准')).toBeTruthy()
    expect(screen.getByRole('button', { name: '购买 古吉 日晒' })).toHaveProperty('disabled', true)
  })
  it('[PD6] draws no picture from an address that is not allowed', () => {
    showCard({ live: [{ ...guji, image: 'javascript:alert(1)' }] })
    expect(document.querySelector('img')).toBeNull()
  })
  it('[PD11] without a handler asks the page by an event, then opens the address', async () => {
    const opened = vi.spyOn(window, 'open').mockReturnValue(null)
    showCard()
    const take = vi.fn((event: Event) => event.preventDefault())
    document.addEventListener('qun:buy', take, { once: true })
    fireEvent.click(screen.getByRole('button', { name: '购买 古吉 日晒' }))
    expect(take).toHaveBeenCalledOnce()
    expect(opened).not.toHaveBeenCalled()
    await act(async () => {})
    fireEvent.click(screen.getByRole('button', { name: '购买 古吉 日晒' }))
    expect(opened).toHaveBeenCalledWith(guji.url, '_blank', 'noopener,noreferrer')
    opened.mockRestore()
  })
})

describe('a card of several products', () => {
  it('is a list of which each line buys, and one that is gone does not', () => {
    const onBuy = vi.fn()
    const body = { title: '本周新品', items: [shared(guji), shared(mug, 7_200)] }
    showCard({ live: [{ ...guji, state: 'off' }, mug], onBuy }, body)
    expect(screen.getByRole('heading', { name: '本周新品' })).toBeTruthy()
    const [first, second] = screen.getAllByRole('listitem') as [HTMLElement, HTMLElement]
    expect(within(first).getByRole('button')).toHaveProperty('disabled', true)
    expect(within(first).getByText('已下架')).toBeTruthy()
    expect(second.querySelector('s')?.textContent).toContain('¥72.00')
    fireEvent.click(screen.getByRole('button', { name: '购买 山茶陶杯' }))
    expect(onBuy).toHaveBeenCalledWith({ productId: 'mug', groupId: fixtureGroupId, url: '/p/mug' })
  })
  it('is called by its number without a title', () => {
    showCard({ live: [guji, mug], locale: 'en' }, { items: [shared(guji), shared(mug)] })
    expect(screen.getByRole('heading', { name: '2 products' })).toBeTruthy()
  })
})

describe('the form', () => {
  function showForm(userId: string, answers: Record<string, (request: unknown) => unknown>) {
    const scene = { userId }
    const parts = stage(scene)
    Object.assign(parts.client.answers, answers)
    const submit = vi.fn(async () => {})
    wrap(parts.client, scene, <ProductForm group={parts.group} submit={submit} close={() => {}} />)
    return { ...parts, submit }
  }
  it('[PD2] lets an admin choose up to five and name them', async () => {
    const { submit } = showForm('wang', { 'products.search': () => ({ products: [guji, mug] }) })
    fireEvent.click(await screen.findByRole('button', { name: /^选择 古吉 日晒/ }))
    fireEvent.click(screen.getByRole('button', { name: /^选择 山茶陶杯/ }))
    expect(screen.getByRole('button', { name: /^选择 山茶陶杯/ }).getAttribute('aria-pressed')).toBe('true')
    expect(screen.getByText('已选 2/5')).toBeTruthy()
    fireEvent.change(screen.getByLabelText('卡片标题（可不填）'), { target: { value: ' 本周新品 ' } })
    fireEvent.click(screen.getByRole('button', { name: '发送商品' }))
    await waitFor(() => expect(submit).toHaveBeenCalledWith({ title: '本周新品', items: [shared(guji), shared(mug)] }))
  })
  it('sends nothing when nothing is chosen, and says so', async () => {
    const { submit } = showForm('wang', { 'products.search': () => ({ products: [] }) })
    expect(await screen.findByText('没有找到商品')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '发送商品' }))
    expect(await screen.findByText('先选一件商品')).toBeTruthy()
    expect(submit).not.toHaveBeenCalled()
  })
  it('[PD2] [PD8] lets a member send the product of a link, and only that', async () => {
    const answer = vi.fn((request: unknown) => {
      const { url } = (request as { query: { url: string } }).query
      return url === guji.url ? { product: guji, link: null } : { product: null, link: { href: url, host: 'x' } }
    })
    const { submit, client } = showForm('li', { 'products.ofLink': answer })
    const field = screen.getByLabelText('商品链接')
    fireEvent.change(field, { target: { value: 'javascript:alert(1)' } })
    expect(await screen.findByText('这不是可以打开的链接')).toBeTruthy()
    fireEvent.change(field, { target: { value: 'https://other.example/' } })
    expect(await screen.findByText(/不是店铺里的商品/)).toBeTruthy()
    fireEvent.change(field, { target: { value: guji.url } })
    await screen.findByRole('button', { name: /^选择 古吉 日晒/ })
    fireEvent.click(screen.getByRole('button', { name: '发送商品' }))
    await waitFor(() => expect(submit).toHaveBeenCalledWith({ items: [shared(guji)], link: guji.url }))
    expect(client.calls.some(({ name }) => name === 'products.search')).toBe(false)
  })
})

describe('the shelf', () => {
  function showShelf(scene: Scene, answers: Record<string, (request: unknown) => unknown> = {}) {
    const parts = stage(scene)
    Object.assign(parts.client.answers, answers)
    const { client, group, viewer } = parts
    wrap(client, scene, <ShelfSection group={group} view={group.get()} viewer={viewer} client={client} />)
    return parts
  }
  it('[PD7] shows its products in order, and nothing of an empty one to a member', () => {
    showShelf({ live: [guji, mug], shelf: ['mug', 'guji'] })
    expect(screen.getAllByRole('button').map((one) => one.getAttribute('aria-label'))).toEqual([
      '购买 山茶陶杯',
      '购买 古吉 日晒',
    ])
    cleanup()
    showShelf({ live: [] })
    expect(screen.queryAllByRole('button')).toEqual([])
  })
  it('[PD7] lets an admin order, remove and add', async () => {
    const tea = { ...guji, productId: 'tea', title: '红茶' }
    const { client } = showShelf(
      { userId: 'he', live: [guji, mug], shelf: ['guji', 'mug'] },
      { 'products.search': () => ({ products: [guji, mug, tea] }) },
    )
    fireEvent.click(screen.getByRole('button', { name: '整理橱窗' }))
    fireEvent.click(await screen.findByRole('button', { name: '上移：山茶陶杯' }))
    fireEvent.click(await screen.findByRole('button', { name: /^选择 红茶/ }))
    fireEvent.click(screen.getByRole('button', { name: '移出橱窗：古吉 日晒' }))
    fireEvent.click(screen.getByRole('button', { name: '保存' }))
    await waitFor(() =>
      expect(client.calls.find(({ name }) => name === 'products.setShelf')?.input).toMatchObject({
        body: { productIds: ['mug', 'tea'] },
      }),
    )
  })
})

describe('a pasted link', () => {
  it('[PD8] finds the first web address in words', () => {
    expect(linkIn('看看这个 https://shop.example/p/guji 怎么样')).toBe('https://shop.example/p/guji')
    expect(linkIn('javascript:alert(1)')).toBeUndefined()
    expect(linkIn('没有')).toBeUndefined()
  })
  it('[PD8] is offered as a card, which takes its place in the composer', async () => {
    const scene = {}
    const parts = stage(scene)
    const { client, group, viewer } = parts
    client.answers['products.ofLink'] = () => ({ product: guji, link: null })
    wrap(
      client,
      scene,
      <>
        <PasteBanner group={group} view={group.get()} viewer={viewer} client={client} />
        <textarea className="qun-composer__text" defaultValue={guji.url} aria-label="field" />
      </>,
    )
    const field = screen.getByLabelText('field')
    fireEvent.paste(field, { clipboardData: { getData: () => guji.url } })
    fireEvent.click(await screen.findByRole('button', { name: '发送为商品卡' }))
    await waitFor(() =>
      expect(client.calls.find(({ name }) => name === 'send')?.input).toEqual({
        kind: 'product',
        body: { items: [shared(guji)], link: guji.url },
      }),
    )
    expect((field as HTMLTextAreaElement).value).toBe('')
    expect(screen.queryByRole('button', { name: '发送为商品卡' })).toBeNull()
  })
  it('is left alone when it is no product, and can be waved off', async () => {
    const parts = stage({})
    const { client, group, viewer } = parts
    const answers = [
      { product: null, link: null },
      { product: { ...guji, state: 'off' }, link: null },
      { product: guji, link: null },
    ]
    client.answers['products.ofLink'] = () => answers.shift()
    wrap(
      client,
      {},
      <>
        <PasteBanner group={group} view={group.get()} viewer={viewer} client={client} />
        <textarea className="qun-composer__text" aria-label="field" />
      </>,
    )
    const paste = () =>
      act(
        async () =>
          void fireEvent.paste(screen.getByLabelText('field'), { clipboardData: { getData: () => guji.url } }),
      )
    await paste()
    await paste()
    expect(screen.queryByText('古吉 日晒')).toBeNull()
    await paste()
    fireEvent.click(await screen.findByRole('button', { name: '不用' }))
    expect(screen.queryByText('古吉 日晒')).toBeNull()
  })
})
