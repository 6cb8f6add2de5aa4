/** Product 商品: cards and a group's shelf that show the host's catalogue as it is now. Shapes on the wire only. */
import {
  closed,
  defineCard,
  defineEndpoint,
  defineRecord,
  GroupIdSchema,
  MerchantIdSchema,
  MillisSchema,
  nullable,
  oneOf,
  refusal,
  SeqSchema,
  Type,
  UserIdSchema,
  type Static,
  nameText,
} from '@qun/contract'

/** Products of one card. */
export const productsMax = 5
/** Products on a group's shelf. */
export const shelfMax = 30
/** Products synchronised by one request. */
export const batchMax = 100
/** Stock is told up to here; more is told as this. */
export const stockToldMax = 100
/** Patterns of links an app may declare. */
const patternsMax = 20

const ProductId = Type.String({ minLength: 1, maxLength: 64, description: 'The host’s id of a product.' })
const ProductIds = (maxItems: number, minItems = 0) => Type.Array(ProductId, { minItems, maxItems, uniqueItems: true })
const PriceFen = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
const Address = Type.String({ minLength: 1, maxLength: 2_000 })
const group = closed({ groupId: GroupIdSchema })

export const productRefusals = {
  'product.not_found': refusal(404, 'never', '没有这个商品', 'There is no such product'),
  'product.gone': refusal(409, 'never', '商品已下架', 'The product is gone'),
  'product.price_invalid': refusal(422, 'after-change', '商品价格设置有误', 'The prices of the product do not fit'),
  'product.pattern_invalid': refusal(
    422,
    'after-change',
    '商品链接规则有误',
    'The pattern of a product link is invalid',
  ),
  'product.changed_meanwhile': refusal(
    409,
    'later',
    '商品刚有变动，请再试一次',
    'The product changed just now; try again',
  ),
  'product.not_merchants': refusal(403, 'never', '不是本商家的商品', 'The product is not one of the group’s merchant'),
  'product.below_floor': refusal(
    422,
    'after-change',
    '价格低于商品底价',
    'The price is below the floor of the product',
  ),
  'product.no_floor': refusal(
    422,
    'after-change',
    '商品没有设置底价，不能低于标价出售',
    'The product has no floor: nobody sells it below its list price',
  ),
  'product.stock_exceeded': refusal(
    422,
    'after-change',
    '数量超过商品库存',
    'More pieces than the host has of the product',
  ),
  'card.price_mismatch': refusal(422, 'after-change', '价格与店铺不一致', 'The price is not the one of the catalogue'),
  'card.url_scheme': refusal(422, 'after-change', '链接地址不被允许', 'The address is not allowed'),
} as const

// ── what members see ──
/** `off`: the host does not sell it at present. `gone`: it is no longer in the catalogue. */
const State = oneOf('on', 'off', 'gone')
/** A product as it is now. */
export const LiveProduct = closed({
  productId: ProductId,
  title: Type.String({ maxLength: 80 }),
  image: Type.Optional(Address),
  priceFen: PriceFen,
  /** The host's list price, when it is higher. */
  originalPriceFen: Type.Optional(PriceFen),
  /** For members of a group that shows it, when it is lower. */
  groupPriceFen: Type.Optional(PriceFen),
  /** Null when the host does not tell; 100 is 100 or more. */
  stock: nullable(Type.Integer({ minimum: 0, maximum: stockToldMax })),
  /** Where it is bought: https, or a path of the host's own pages. */
  url: Address,
  state: State,
})
export type LiveProduct = Static<typeof LiveProduct>
export const liveProduct = defineRecord({
  kind: 'product-live',
  stream: 'group',
  doc: 'A product some card or the shelf of this group shows, as the catalogue has it now; its key is `productId`.',
  body: LiveProduct,
})
export const productShelf = defineRecord({
  kind: 'product-shelf',
  stream: 'group',
  doc: 'The products of a group’s shelf 商品橱窗 in order; its key is `shelf`. What they are stands in `product-live`.',
  body: closed({ productIds: ProductIds(shelfMax) }),
})

const CardItem = closed({
  productId: ProductId,
  /** In a request: what the sender saw. As posted: the catalogue's price at that moment. */
  priceFen: Type.Optional(PriceFen),
  /** Filled in from the catalogue. */
  title: Type.Optional(Type.String({ maxLength: 80 })),
  image: Type.Optional(Address),
})
const sharedFact = closed({ seq: SeqSchema, userId: Type.String(), productIds: ProductIds(productsMax) })
const changedFact = closed({ productIds: ProductIds(batchMax) })

export const product = defineCard({
  kind: 'product',
  doc:
    'One to five products of the catalogue. Their live price and stock stand in the group’s records `product-live`. ' +
    'Members post the one product a link leads to; admins and the host any.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({
    title: Type.Optional(nameText({ maxLength: 40 })),
    items: Type.Array(CardItem, { minItems: 1, maxItems: productsMax }),
    link: Type.Optional(Type.String({ maxLength: 2_000, description: 'The link it was made from.' })),
  }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: {},
  facts: { 'product.shared': sharedFact },
  refusals: productRefusals,
  summary: ({ title, items }) => {
    const [first] = items
    const name = title ?? first?.title ?? first?.productId ?? ''
    if (items.length === 1 || title !== undefined) return { 'zh-CN': `[商品] ${name}`, en: `[Product] ${name}` }
    const more = items.length - 1
    return { 'zh-CN': `[商品] ${name} 等 ${items.length} 件`, en: `[Products] ${name} and ${more} more` }
  },
})

// ── the host's catalogue ──
export const ProductInput = closed({
  /** Whose it is: cards of this merchant's groups, and of those that belong to it, may offer it. */
  merchantId: MerchantIdSchema,
  title: Type.String({ minLength: 1, maxLength: 1_000, description: 'Kept up to 80 characters, as plain text.' }),
  image: Type.Optional(Address),
  priceFen: PriceFen,
  originalPriceFen: Type.Optional(PriceFen),
  groupPriceFen: Type.Optional(PriceFen),
  floorFen: Type.Optional({
    ...PriceFen,
    description: 'What no card sells it below. Without it none sells below `priceFen`. Members are never told.',
  }),
  stock: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000 }))),
  url: Address,
  categories: Type.Optional(Type.Array(nameText({ maxLength: 40 }), { maxItems: 10 })),
  state: Type.Optional(oneOf('on', 'off')),
})
export type ProductInput = Static<typeof ProductInput>
export const CatalogueProduct = closed({
  productId: ProductId,
  merchantId: MerchantIdSchema,
  title: Type.String(),
  image: Type.Optional(Address),
  priceFen: PriceFen,
  originalPriceFen: Type.Optional(PriceFen),
  groupPriceFen: Type.Optional(PriceFen),
  floorFen: Type.Optional(PriceFen),
  stock: nullable(Type.Integer({ minimum: 0 })),
  url: Address,
  categories: Type.Array(Type.String()),
  state: State,
  updatedAt: MillisSchema,
})
export type CatalogueProduct = Static<typeof CatalogueProduct>

const changeErrors = ['card.url_scheme', 'product.price_invalid', 'merchant.not_found']
/** Others may react: what is sold at which price has changed. */
export const productFacts = {
  'product.changed': changedFact,
  /** Removed, or another merchant's now: what offered them where they were sold before is over. */
  'product.left': changedFact,
  'product.more': closed({}),
  'product.shelved': closed({ userId: UserIdSchema, productIds: ProductIds(shelfMax) }),
} as const
export const putProduct = defineEndpoint({
  name: 'products.put',
  method: 'PUT',
  path: '/products/:productId',
  doc: 'Puts a product of the host’s catalogue. Every card and shelf that shows it follows within seconds.',
  by: 'server',
  params: closed({ productId: ProductId }),
  body: ProductInput,
  answer: closed({ changed: Type.Boolean({ description: 'Whether members see anything new.' }) }),
  refusals: productRefusals,
  errors: changeErrors,
  facts: productFacts,
})
export const putProducts = defineEndpoint({
  name: 'products.putMany',
  method: 'PUT',
  path: '/products',
  doc: 'Puts up to 100 products at once, all or none. Products that are not named stay as they are.',
  by: 'server',
  body: closed({
    products: Type.Array(closed({ productId: ProductId, ...ProductInput.properties }), { maxItems: 1_000 }),
  }),
  answer: closed({ changed: Type.Integer({ minimum: 0 }) }),
  errors: [...changeErrors, 'batch.too_large', 'request.invalid'],
  facts: productFacts,
})
export const removeProduct = defineEndpoint({
  name: 'products.remove',
  method: 'DELETE',
  path: '/products/:productId',
  doc: 'Takes a product out of the catalogue. Cards keep showing what it was, as gone. Removing it again changes nothing.',
  by: 'server',
  params: closed({ productId: ProductId }),
  answer: closed({}),
  errors: ['product.not_found'],
  facts: productFacts,
})
const page = {
  after: Type.Optional(Type.String({ maxLength: 64, description: 'The last `productId` one has.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
}
export const listProducts = defineEndpoint({
  name: 'products.list',
  method: 'GET',
  path: '/products',
  doc: 'The catalogue as Qun has it, in the order of ids; removed products only when asked for.',
  by: 'server',
  query: closed({ ...page, gone: Type.Optional(Type.Boolean()) }),
  answer: closed({ products: Type.Array(CatalogueProduct) }),
})
export const setProductLinks = defineEndpoint({
  name: 'products.setLinks',
  method: 'PUT',
  path: '/product-links',
  doc:
    'Which addresses lead to products: `https://shop.example/p/{productId}`. A product’s own `url` always does. ' +
    'Replaces what was declared before.',
  by: 'server',
  body: closed({ patterns: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { maxItems: patternsMax }) }),
  answer: closed({ patterns: Type.Array(Type.String()) }),
  errors: ['product.pattern_invalid'],
})

// ── in a group ──
export const searchProducts = defineEndpoint({
  name: 'products.search',
  method: 'GET',
  path: '/groups/:groupId/products',
  doc: 'Products on sale whose title or category holds the words, for the picker of those who run the group.',
  by: 'admin',
  params: group,
  query: closed({ ...page, words: Type.Optional(Type.String({ maxLength: 60 })) }),
  answer: closed({ products: Type.Array(LiveProduct) }),
})
/** A product as those see it who may offer it for less: what it may cost at least, and how many there are. */
export const OfferableProduct = closed({
  ...LiveProduct.properties,
  /** All there are; null when the host does not tell. */
  stock: nullable(Type.Integer({ minimum: 0 })),
  /** Null: it is not sold below its list price. */
  floorFen: nullable(PriceFen),
})
export type OfferableProduct = Static<typeof OfferableProduct>
export const offerableProducts = defineEndpoint({
  name: 'products.offerable',
  method: 'GET',
  path: '/groups/:groupId/offerable-products',
  doc:
    'Products on sale of the group’s merchant and those it belongs to, with floor and stock, for the forms of cards ' +
    'that offer one. For its staff with `issue` alone: members are told no floor.',
  by: 'admin',
  params: group,
  query: closed({ ...page, words: Type.Optional(Type.String({ maxLength: 60 })) }),
  answer: closed({ products: Type.Array(OfferableProduct) }),
  errors: ['merchant.not_issuer'],
})
export const resolveLink = defineEndpoint({
  name: 'products.ofLink',
  method: 'GET',
  path: '/groups/:groupId/product-links',
  doc:
    'What a pasted link leads to: a product of the catalogue first; else an address that is safe to follow; else neither. ' +
    'Nothing is fetched.',
  by: 'member',
  params: group,
  query: closed({ url: Type.String({ minLength: 1, maxLength: 2_000 }) }),
  answer: closed({
    product: nullable(LiveProduct),
    link: nullable(closed({ href: Type.String(), host: Type.String() })),
  }),
})
export const setShelf = defineEndpoint({
  name: 'products.setShelf',
  method: 'PUT',
  path: '/groups/:groupId/shelf',
  doc: 'Puts the products of the group’s shelf, in the order they stand.',
  by: 'admin',
  params: group,
  body: closed({ productIds: ProductIds(shelfMax) }),
  answer: closed({}),
  errors: ['product.not_found', 'product.gone', 'group.dissolved'],
  facts: productFacts,
})
