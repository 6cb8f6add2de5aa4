/** Product cards, the shelf and the catalogue, through a whole world. */
import { type BodyOf, type GroupId, type RecordBodyOf } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { disbandGroup } from '../../people/membership/contract.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import {
  listProducts,
  product,
  putProduct,
  putProducts,
  removeProduct,
  resolveLink,
  searchProducts,
  setProductLinks,
  setShelf,
  type LiveProduct,
  type productShelf,
  type ProductInput,
} from './contract.ts'
import feature, { liveMax } from './server.ts'

const open = () => startWorld({ features: [message, membership, feature] })
const guji: ProductInput = {
  merchantId: 'camellia',
  title: '古吉 日晒',
  image: '/art/guji.svg',
  priceFen: 8_800,
  stock: 40,
  url: 'https://shop.example/p/guji',
}
const put = (world: World, productId: string, more: Partial<ProductInput> = {}) =>
  world.asServer().call(putProduct, { params: { productId }, body: { ...guji, url: `/p/${productId}`, ...more } })
type Body = BodyOf<typeof product>
const post = (world: World, body: Body | readonly string[], who = 'wang', groupId = world.groupId) =>
  world.as(who).post(groupId, product, 'items' in body ? body : { items: body.map((productId) => ({ productId })) })
/** A product as a member's client has it. */
async function seen(
  world: World,
  productId = 'guji',
  who = 'li',
  groupId = world.groupId,
): Promise<LiveProduct | undefined> {
  await world.settle()
  const view = world.as(who).handleOf(groupId)?.get()
  return view?.records.get(`product-live/${productId}`)?.body as LiveProduct | undefined
}
const shelf = (world: World, productIds: string[], who = 'he') =>
  world.as(who).call(setShelf, { params: { groupId: world.groupId }, body: { productIds } })
const shelfSeen = (world: World) =>
  (
    world.as('li').handleOf(world.groupId)?.get().records.get('product-shelf/shelf')?.body as
      | RecordBodyOf<typeof productShelf>
      | undefined
  )?.productIds

describe('posting', () => {
  test('[PD1] title, picture and price are the catalogue’s, whatever the sender wrote', async () => {
    await using world = await open()
    await put(world, 'guji')
    const forged = { items: [{ productId: 'guji', title: '假的', image: 'javascript:alert(1)' }] }
    const at = await post(world, forged)
    const { message: row } = await world.core.message(world.as('li').principal, at.groupId, at.seq)
    expect(row.body).toEqual({
      items: [{ productId: 'guji', priceFen: 8_800, title: '古吉 日晒', image: '/art/guji.svg' }],
    })
    expect(await seen(world)).toMatchObject({ title: '古吉 日晒', priceFen: 8_800, stock: 40, state: 'on' })
  })
  test('[PD1] MSG-16 a price that is not the catalogue’s is refused, the right one is taken', async () => {
    await using world = await open()
    await put(world, 'guji')
    const at = (priceFen: number) => post(world, { items: [{ productId: 'guji', priceFen }] })
    expect(await refusalOf(at(1))).toBe('card.price_mismatch')
    expect(await refusalOf(at(8_800))).toBeNull()
  })
  test('[PD2] MSG-13 a member posts the one product a link leads to, nothing else', async () => {
    await using world = await open()
    await put(world, 'guji', { url: guji.url })
    await put(world, 'mug')
    const link = 'https://shop.example/p/guji?utm_source=chat'
    const as = (body: Body) => refusalOf(post(world, body, 'li'))
    expect(await as({ items: [{ productId: 'guji' }] })).toBe('message.type_forbidden')
    expect(await as({ items: [{ productId: 'mug' }], link })).toBe('message.type_forbidden')
    expect(await as({ items: [{ productId: 'guji' }, { productId: 'mug' }], link })).toBe('message.type_forbidden')
    expect(await as({ items: [{ productId: 'guji', priceFen: 1 }], link })).toBe('card.price_mismatch')
    expect(await as({ items: [{ productId: 'guji' }], link })).toBeNull()
    expect(await refusalOf(post(world, ['guji'], 'zhou'))).toBe('group.not_found')
  })
  test('[PD2] [PD5] MSG-10 MSG-11 what is no card: unknown, gone, twice, six, a stray field, an address of a script', async () => {
    await using world = await open()
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await put(world, id)
    await put(world, 'off', { state: 'off' })
    const as = (body: unknown) => refusalOf(post(world, body as Body))
    expect(await as(['nothing'].map((productId) => ({ productId })) && { items: [{ productId: 'no' }] })).toBe(
      'product.not_found',
    )
    expect(await as({ items: [{ productId: 'off' }] })).toBe('product.gone')
    expect(await as({ items: [{ productId: 'a' }, { productId: 'a' }] })).toBe('request.invalid')
    expect(await as({ items: ['a', 'b', 'c', 'd', 'e', 'f'].map((productId) => ({ productId })) })).toBe(
      'request.invalid',
    )
    expect(await as({ items: [] })).toBe('request.invalid')
    expect(await as({ items: [{ productId: 'a', price: 1 }] })).toBe('request.unknown_field')
    expect(await as({ items: [{ productId: 7 }] })).toBe('request.invalid')
    expect(await as({ items: [{ productId: 'a' }], link: 'javascript:alert(1)' })).toBe('card.url_scheme')
    expect(await as({ items: ['a', 'b', 'c', 'd', 'e'].map((productId) => ({ productId })) })).toBeNull()
  })
  test('a retry is the same card, though the product has gone meanwhile', async () => {
    await using world = await open()
    await put(world, 'guji')
    const again = () => world.as('wang').post(world.groupId, product, { items: [{ productId: 'guji' }] }, 'key-1')
    const first = await again()
    await world.asServer().call(removeProduct, { params: { productId: 'guji' } })
    expect(await again()).toEqual(first)
  })
})

describe('live', () => {
  test('[PD3] [PD4] a new price and stock are on every card at once, also far back and for who comes later', async () => {
    await using world = await open()
    await put(world, 'guji')
    for (let i = 0; i < 60; i++) await post(world, ['guji'])
    expect(await seen(world)).toMatchObject({ priceFen: 8_800 })
    const before = world.time.now()
    await put(world, 'guji', { priceFen: 7_900, stock: 3 })
    expect(await seen(world)).toMatchObject({ priceFen: 7_900, stock: 3 })
    expect(world.time.now() - before).toBeLessThan(5_000)
    const late = world.anotherDevice('zhao')
    late.watch(world.groupId)
    await world.settle()
    expect(late.handleOf(world.groupId)?.get().records.get('product-live/guji')?.body).toMatchObject({
      priceFen: 7_900,
    })
  })
  test('[PD3] every group that shows it is told, more than one decision holds', async () => {
    await using world = await open()
    await put(world, 'guji')
    const groups: GroupId[] = []
    for (let i = 0; i < 60; i++) groups.push(await world.makeGroup(['wang', 'li']))
    for (const groupId of groups) await post(world, ['guji'], 'wang', groupId)
    world.as('li').watch(groups[0] as GroupId)
    world.as('li').watch(groups[59] as GroupId)
    await put(world, 'guji', { priceFen: 5_000 })
    await world.settle()
    const { rows } = await world.store.reading('shop', (tx) =>
      sql<{ n: number }>`SELECT count(*)::int AS n FROM records
        WHERE kind = 'product-live' AND (body->>'priceFen')::int = 5000`.execute(tx),
    )
    expect(rows[0]?.n).toBe(60)
    expect(await seen(world, 'guji', 'li', groups[59])).toMatchObject({ priceFen: 5_000 })
  })
  test('[PD3] prices that change while cards are posted: the last one stands everywhere', async () => {
    await using world = await open()
    await put(world, 'guji')
    await put(world, 'mug')
    const groups = [world.groupId]
    for (let i = 0; i < 5; i++) groups.push(await world.makeGroup(['wang', 'li']))
    const work: Promise<unknown>[] = []
    for (let round = 1; round <= 12; round++) {
      for (const groupId of groups)
        work.push(post(world, round % 2 ? ['guji', 'mug'] : ['mug', 'guji'], 'wang', groupId))
      work.push(put(world, 'guji', { priceFen: 8_000 + round }), put(world, 'mug', { priceFen: 6_000 + round }))
      if (round % 3 === 0) work.push(world.settle())
    }
    await Promise.all(work)
    await put(world, 'guji', { priceFen: 1_234 })
    await world.settle()
    const { products } = await world.asServer().call(listProducts, { query: {} })
    const { rows } = await world.store.reading('shop', (tx) =>
      sql<{ key: string; price: number }>`SELECT DISTINCT key, (body->>'priceFen')::int AS price FROM records
        WHERE kind = 'product-live' ORDER BY key`.execute(tx),
    )
    expect(rows).toEqual(products.map(({ productId, priceFen }) => ({ key: productId, price: priceFen })))
    expect(rows[0]?.price).toBe(1_234)
  })
  test('[PD5] a removed product shows as gone where it stood, and comes back', async () => {
    await using world = await open()
    await put(world, 'guji')
    await post(world, ['guji'])
    await world.asServer().call(removeProduct, { params: { productId: 'guji' } })
    expect(await seen(world)).toMatchObject({ state: 'gone', title: '古吉 日晒' })
    expect(await refusalOf(post(world, ['guji']))).toBe('product.gone')
    await world.asServer().call(removeProduct, { params: { productId: 'guji' } })
    expect(await refusalOf(world.asServer().call(removeProduct, { params: { productId: 'x' } }))).toBe(
      'product.not_found',
    )
    await put(world, 'guji')
    expect(await seen(world)).toMatchObject({ state: 'on' })
  })
  test('[PD9] what changes nothing that is seen tells nobody', async () => {
    await using world = await open()
    await put(world, 'guji', { stock: 500 })
    await post(world, ['guji'])
    await world.settle()
    const version = world.as('li').handleOf(world.groupId)?.get().version
    expect(await put(world, 'guji', { stock: 499, categories: ['咖啡'] })).toEqual({ changed: false })
    await world.settle()
    expect(world.as('li').handleOf(world.groupId)?.get().version).toBe(version)
  })
  test('[PD10] a group holds so many live; those shown longest ago leave, the shelf’s stay', async () => {
    await using world = await open()
    const ids = Array.from({ length: liveMax + 5 }, (_, i) => `p${String(i).padStart(3, '0')}`)
    for (let i = 0; i < ids.length; i += 100) {
      const products = ids.slice(i, i + 100).map((productId) => ({ ...guji, productId, url: `/p/${productId}` }))
      await world.asServer().call(putProducts, { body: { products } })
    }
    await shelf(world, ['p000'])
    for (let i = 0; i < ids.length; i += 5) {
      await post(world, ids.slice(i, i + 5))
      world.time.moveTo(world.time.now() + 1_000)
    }
    await world.settle()
    const live = [...(world.as('li').handleOf(world.groupId)?.get().records.values() ?? [])]
      .filter((row) => row.kind === 'product-live')
      .map((row) => row.key)
      .toSorted()
    expect(live).toEqual(['p000', ...ids.slice(-liveMax)])
  })
})

describe('the shelf', () => {
  test('[PD7] admins choose and order it; members see it live', async () => {
    await using world = await open()
    for (const id of ['a', 'b', 'c']) await put(world, id)
    expect(await refusalOf(shelf(world, ['a'], 'li'))).toBe('group.permission')
    await shelf(world, ['c', 'a'])
    await world.settle()
    expect(shelfSeen(world)).toEqual(['c', 'a'])
    await put(world, 'a', { priceFen: 100 })
    expect(await seen(world, 'a')).toMatchObject({ priceFen: 100 })
    await shelf(world, ['a', 'b'])
    await world.settle()
    expect(shelfSeen(world)).toEqual(['a', 'b'])
    expect(await refusalOf(shelf(world, ['a', 'nothing']))).toBe('product.not_found')
    await put(world, 'b', { state: 'off' })
    expect(await seen(world, 'b')).toMatchObject({ state: 'off' })
    expect(await refusalOf(shelf(world, ['b', 'a']))).toBeNull()
    await world.asServer().call(removeProduct, { params: { productId: 'b' } })
    expect(await refusalOf(shelf(world, ['b', 'a']))).toBe('product.gone')
    await world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await refusalOf(shelf(world, ['a']))).toBe('group.dissolved')
  })
  test('[PD3] [PD7] shelves and prices that change at once end with the last of each', async () => {
    await using world = await open()
    for (const id of ['a', 'b', 'c']) await put(world, id)
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => [
        shelf(world, i % 2 ? ['a', 'b'] : ['b', 'c', 'a'], i % 3 ? 'he' : 'wang'),
        put(world, 'a', { priceFen: 1_000 + i }),
      ]).flat(),
    )
    await put(world, 'a', { priceFen: 42 })
    expect(await seen(world, 'a')).toMatchObject({ priceFen: 42 })
  })
})

describe('the catalogue', () => {
  test('[PD6] MSG-10 addresses of scripts are refused; a batch is taken whole or not at all', async () => {
    await using world = await open()
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'file:///x', 'intent://x'])
      expect(await refusalOf(put(world, 'x', { url }))).toBe('card.url_scheme')
    expect(await refusalOf(put(world, 'x', { originalPriceFen: 1 }))).toBe('product.price_invalid')
    const many = (products: object[]) =>
      refusalOf(world.asServer().call(putProducts, { body: { products: products as never } }))
    expect(
      await many([
        { ...guji, productId: 'a' },
        { ...guji, productId: 'b', url: 'data:x' },
      ]),
    ).toBe('card.url_scheme')
    expect(
      await many([
        { ...guji, productId: 'a' },
        { ...guji, productId: 'a' },
      ]),
    ).toBe('request.invalid')
    expect(await many(Array.from({ length: 101 }, (_, i) => ({ ...guji, productId: `p${i}` })))).toBe('batch.too_large')
    expect((await world.asServer().call(listProducts, { query: {} })).products).toEqual([])
    expect(await refusalOf(world.as('wang').call(putProduct, { params: { productId: 'a' }, body: guji }))).toBe(
      'auth.scope',
    )
  })
  test('pages and the picker: what is on sale, by words of title and category', async () => {
    await using world = await open()
    const products = ['a', 'b', 'c', 'd'].map((productId) => ({
      ...guji,
      productId,
      url: `/p/${productId}`,
      title: productId === 'c' ? '100%_手冲' : '可颂',
      categories: productId === 'd' ? ['Bakery'] : [],
    }))
    expect(await world.asServer().call(putProducts, { body: { products } })).toEqual({ changed: 4 })
    await put(world, 'b', { state: 'off' })
    await world.asServer().call(removeProduct, { params: { productId: 'a' } })
    const list = async (query: object) =>
      (await world.asServer().call(listProducts, { query })).products.map((one) => `${one.productId} ${one.state}`)
    expect(await list({})).toEqual(['b off', 'c on', 'd on'])
    expect(await list({ gone: true, limit: 2 })).toEqual(['a gone', 'b off'])
    expect(await list({ after: 'b' })).toEqual(['c on', 'd on'])
    const find = async (words: string, who = 'he') =>
      (await world.as(who).call(searchProducts, { params: { groupId: world.groupId }, query: { words } })).products.map(
        (one) => one.productId,
      )
    expect(await find('')).toEqual(['c', 'd'])
    expect(await find('%')).toEqual(['c'])
    expect(await find('bakery')).toEqual(['d'])
    expect(await refusalOf(find('', 'li'))).toBe('group.permission')
  })
  test('[PD8] a pasted link: the host’s product first, else a safe link, else neither', async () => {
    await using world = await open()
    await put(world, 'guji', { url: guji.url })
    await put(world, '手冲 壶', { url: '/p/kettle' })
    expect(
      await refusalOf(world.asServer().call(setProductLinks, { body: { patterns: ['javascript:{productId}'] } })),
    ).toBe('product.pattern_invalid')
    await world.asServer().call(setProductLinks, { body: { patterns: ['https://m.example/i/{productId}'] } })
    const resolve = (url: string, who = 'li') =>
      world.as(who).call(resolveLink, { params: { groupId: world.groupId }, query: { url } })
    expect((await resolve('https://shop.example/p/guji?utm_medium=qr')).product?.productId).toBe('guji')
    expect((await resolve(`https://m.example/i/${encodeURIComponent('手冲 壶')}`)).product?.productId).toBe('手冲 壶')
    expect(await resolve('https://m.example/i/nothing')).toEqual({
      product: null,
      link: { href: 'https://m.example/i/nothing', host: 'm.example' },
    })
    for (const url of ['javascript:alert(1)', 'https://a@b.example/', 'not a link'])
      expect(await resolve(url)).toEqual({ product: null, link: null })
    expect(await refusalOf(resolve(guji.url, 'zhou'))).toBe('group.not_found')
  })
})
