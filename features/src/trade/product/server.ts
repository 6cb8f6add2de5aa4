/** Serves product cards, the shelf and the host's catalogue: glue between the contract, the rules and the store. */
import type { AnswerOf, BodyOf, GroupId } from '@qun/contract'
import {
  defineFeature,
  serveCard,
  serveEndpoint,
  type Call,
  type GroupCall,
  type Guard,
  type PostAttempt,
  type ReactionCall,
} from '@qun/core'
import {
  batchMax,
  listProducts,
  liveProduct,
  offerableProducts,
  product,
  productRefusals,
  productShelf,
  putProduct,
  putProducts,
  removeProduct,
  resolveLink,
  searchProducts,
  setProductLinks,
  setShelf,
  type ProductInput,
} from './contract.ts'
import {
  hasLeft,
  inputFault,
  isLinkPattern,
  linkKeyOf,
  liveOf,
  looksAlike,
  offerableOf,
  productIdIn,
  safeLinkOf,
  storedOf,
  type Stored,
} from './rules.ts'
import * as store from './store.ts'

/** Groups told in one decision: few, since each is locked until it commits. */
const groupsPerRound = 25
/** [PD10] Products a group holds live beside its shelf. */
export const liveMax = 200

type Body = BodyOf<typeof product>
type Tx = Call['tx']

// ── posting ──
/** [PD8] The product a link leads to: by the host's patterns, else by a product's own address. */
async function findByLink(tx: Tx, appId: PostAttempt['appId'], link: string): Promise<store.Row | undefined> {
  const key = linkKeyOf(link)
  if (key === undefined) return undefined
  const named = productIdIn(link, await store.listPatterns(tx, appId))
  const found = named === undefined ? undefined : (await store.findProducts(tx, appId, [named])).get(named)
  return found ?? (await store.findByLink(tx, appId, key))
}
/** [PD1] [PD2] Title, picture and price of a card are the catalogue's, whatever its sender wrote. */
const guard: Guard = {
  name: 'product.catalogue',
  kinds: [product.kind],
  refusals: productRefusals,
  async post(attempt): Promise<Body> {
    const body = attempt.body as Body
    const ids = body.items.map((item) => item.productId)
    if (new Set(ids).size < ids.length) attempt.fail('request.invalid', { detail: 'a product is named twice' })
    if (body.link !== undefined && linkKeyOf(body.link) === undefined)
      attempt.fail('card.url_scheme', { errors: [{ pointer: '/body/link', code: 'card.url_scheme' }] })
    const isMember = (await attempt.readRole()) === 'member'
    if (isMember && (body.link === undefined || ids.length > 1)) attempt.fail('message.type_forbidden')
    const { link } = body
    const { found, linked } = await attempt.decide(async (tx) => ({
      found: await store.findProducts(tx, attempt.appId, ids),
      linked: link === undefined ? undefined : await findByLink(tx, attempt.appId, link),
    }))
    if (isMember && linked?.productId !== ids[0]) attempt.fail('message.type_forbidden')
    const items = body.items.map(({ productId, priceFen }, at) => {
      const known = found.get(productId)
      if (known === undefined) return attempt.fail('product.not_found')
      if (known.state !== 'on') return attempt.fail('product.gone')
      if (priceFen !== undefined && priceFen !== known.priceFen) {
        const pointer = `/body/items/${at}/priceFen`
        return attempt.fail('card.price_mismatch', { errors: [{ pointer, code: 'card.price_mismatch' }] })
      }
      const { title, image } = known
      return { productId, priceFen: known.priceFen, title, ...(image === undefined ? {} : { image }) }
    })
    return { ...body, items }
  },
}
const card = serveCard(product, {
  async open(call) {
    const productIds = call.body.items.map((item) => item.productId)
    await store.show(call.tx, call, productIds, call.now)
    call.record('product.shared', { seq: call.seq, userId: call.actorId, productIds })
    return {}
  },
})

// ── telling groups what products are now ──
/** [PD3] The group is locked, then its places, then products are read: what is told is never older than what was. */
async function refresh(call: ReactionCall, groupId: GroupId): Promise<GroupCall> {
  const group = await call.group(groupId)
  const at = { appId: call.appId, groupId }
  const productIds = await store.takeStale(call.tx, at)
  const products = await store.findProducts(call.tx, call.appId, productIds)
  for (const found of products.values()) group.putRecord(liveProduct, found.productId, liveOf(found))
  for (const productId of await store.forgetOldest(call.tx, at, liveMax)) group.putRecord(liveProduct, productId, null)
  return group
}
/** [PD3] Tells some groups; the last of them carries on, so that no decision holds many. */
async function spread(call: ReactionCall): Promise<void> {
  const groupIds = await store.listStaleGroups(call.tx, call.appId, groupsPerRound + 1)
  let last: GroupCall | undefined
  for (const groupId of groupIds.slice(0, groupsPerRound)) last = await refresh(call, groupId)
  if (groupIds.length > groupsPerRound) last?.record('product.more', {})
}

// ── the catalogue ──
/** [PD3] Keeps them, and marks every place that shows one that members see differently now. How many these are. */
async function put(call: Call, products: readonly Stored[]): Promise<number> {
  const ids = products.map((one) => one.productId)
  const merchantIds = [...new Set(products.map((one) => one.merchantId))]
  const known = await store.knownMerchants(call.tx, call.appId, merchantIds)
  if (known.size < merchantIds.length) call.fail('merchant.not_found') // [MER4]
  await store.makeProducts(call.tx, call.appId, ids)
  const before = await store.lockProducts(call.tx, call.appId, ids)
  const puts = products.map((one) => ({ product: one, linkKey: linkKeyOf(one.url) ?? null }))
  await store.putProducts(call.tx, call.appId, puts, call.now)
  const changed = products.filter((one) => {
    const was = before.get(one.productId)
    return was === undefined || !looksAlike(was, one)
  })
  const left = products.filter(({ productId, ...now }) => hasLeft(before.get(productId), now))
  if (left.length > 0) call.recordForApp('product.left', { productIds: left.map((one) => one.productId) }) // [MER6]
  if (changed.length === 0) return 0
  const productIds = changed.map((one) => one.productId)
  await store.markStale(call.tx, call.appId, productIds, call.now)
  call.recordForApp('product.changed', { productIds })
  return changed.length
}
function checkInput(call: Call, input: ProductInput): void {
  const fault = inputFault(input)
  if (fault !== undefined) call.fail(fault)
}
const putOne = serveEndpoint(putProduct, async (call) => {
  checkInput(call, call.body)
  return { changed: (await put(call, [storedOf(call.params.productId, call.body)])) > 0 }
})
const putMany = serveEndpoint(putProducts, async (call) => {
  const { products } = call.body
  if (products.length > batchMax) call.fail('batch.too_large')
  if (new Set(products.map((one) => one.productId)).size < products.length)
    call.fail('request.invalid', { detail: 'a product is named twice' })
  for (const one of products) checkInput(call, one)
  return {
    changed: await put(
      call,
      products.map(({ productId, ...input }) => storedOf(productId, input)),
    ),
  }
})
/** [PD5] What it was is kept: cards go on showing it. */
const remove = serveEndpoint(removeProduct, async (call) => {
  const { productId } = call.params
  const known = (await store.lockProducts(call.tx, call.appId, [productId])).get(productId)
  if (known === undefined) return call.fail('product.not_found')
  const { updatedAt: _, ...kept } = known
  await put(call, [{ ...kept, state: 'gone' }])
  return {}
})
const pageOf = ({ after, limit }: { after?: string; limit?: number }) => ({ after: after ?? '', limit: limit ?? 50 })
const list = serveEndpoint(listProducts, async (call) => ({
  products: await store.listProducts(call.tx, call.appId, pageOf(call.query), call.query.gone === true),
}))
const links = serveEndpoint(setProductLinks, async (call) => {
  const { patterns } = call.body
  if (!patterns.every(isLinkPattern)) call.fail('product.pattern_invalid')
  await store.putPatterns(call.tx, call.appId, patterns)
  return { patterns }
})

// ── in a group ──
const search = serveEndpoint(searchProducts, async (call) => {
  const words = (call.query.words ?? '').trim()
  return { products: (await store.searchProducts(call.tx, call.appId, pageOf(call.query), words)).map(liveOf) }
})
/** [MER4] Floors are told to those alone who may sell at them. */
const offerable = serveEndpoint(offerableProducts, async (call) => {
  const path = await store.pathOfGroup(call.tx, call.appId, call.params.groupId)
  if (path === null || !(await store.mayIssue(call.tx, call.appId, path, call.actorId)))
    return call.fail('merchant.not_issuer')
  const words = (call.query.words ?? '').trim()
  const found = await store.searchOfMerchants(call.tx, call.appId, pageOf(call.query), { words, path })
  return { products: found.map(offerableOf) }
})
/** [PD8] */
const ofLink = serveEndpoint(resolveLink, async (call): Promise<AnswerOf<typeof resolveLink>> => {
  const found = await findByLink(call.tx, call.appId, call.query.url)
  if (found !== undefined) return { product: liveOf(found), link: null }
  return { product: null, link: safeLinkOf(call.query.url) }
})
/** [PD7] What stood there already may stay while it is off; what is gone goes. */
const shelve = serveEndpoint(setShelf, async (call) => {
  const { productIds } = call.body
  const group = await call.group(call.params.groupId)
  if (group.row.disbandedAt !== undefined) call.fail('group.dissolved')
  if (new Set(productIds).size < productIds.length) call.fail('request.invalid', { detail: 'a product is named twice' })
  const at = { appId: call.appId, groupId: group.groupId }
  await store.setShelf(call.tx, at, productIds, call.now)
  // The shelf's new products wait to be told, as those of new cards do.
  const waiting = await store.takeStale(call.tx, at)
  const products = await store.findProducts(call.tx, call.appId, [...productIds, ...waiting])
  for (const productId of productIds) {
    const found = products.get(productId)
    if (found === undefined) return call.fail('product.not_found')
    if (found.state === 'gone') return call.fail('product.gone')
  }
  for (const found of products.values()) group.putRecord(liveProduct, found.productId, liveOf(found))
  group.putRecord(productShelf, 'shelf', { productIds })
  group.record('product.shelved', { userId: call.actorId, productIds })
  return {}
})

export default defineFeature({
  name: 'product',
  migrations: store.migrations,
  cards: [card],
  records: [liveProduct, productShelf],
  endpoints: [putOne, putMany, remove, list, links, search, offerable, ofLink, shelve],
  guards: [guard],
  reactions: [
    { name: 'product.spread', on: 'product.changed', handle: spread },
    { name: 'product.carry-on', on: 'product.more', handle: spread },
    {
      name: 'product.show',
      on: 'product.shared',
      async handle(call) {
        const { groupId } = call.fact
        if (await store.isStale(call.tx, { appId: call.appId, groupId })) await refresh(call, groupId)
      },
    },
  ],
  audits: store.audits,
})
export { offeredProducts } from './server-offers.ts'
